"""What all mappings of the file are made of: no unknown keys, no conversions, camelCase in the file."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from airstrip.spec.fields import invalid

ITEMS = "[]"
"""Stands in an error's location for a list that could have been something else; not a key of the file."""
ONE = "{}"
"""The same for one mapping that could have been a list of them."""
MARKERS = (ITEMS, ONE)


class Written(BaseModel):
    """A mapping of the file: no unknown keys, no conversions."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class Alternatives(Written):
    """A mapping of exactly one key; a bare word stands for that key with an empty mapping.

    `scalar` is the key that a word which is none of them was meant for, if there is one.
    """

    scalar: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, Mapping) and len(value) != 1:
            message = f"exactly one key belongs here, and there are {len(value)}"
            raise invalid("spec.one-of", message, list_keys(cls, "One of"))
        if isinstance(value, Mapping) and None in value.values():
            raise invalid("spec.wrong-type", f"has no value for {next(iter(value))}", "Write a value after the colon.")
        return value


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """A model's keys as the file spells them."""
    keys = (field.alias or name for name, field in model.model_fields.items())
    return tuple(key for key in keys if key not in MARKERS)


def list_keys(model: type[BaseModel], intro: str = "Known") -> str:
    """`Known: path. Not built yet: git, image`, as the file spells them."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    later = [key for key, field in fields.items() if not _is_built(field.annotation)]
    now = [key for key in fields if key not in later and key not in MARKERS]
    listed = [f"{words}: {', '.join(keys)}" for words, keys in ((intro, now), ("Not built yet", later)) if keys]
    return ". ".join(listed)


def _is_built(annotation: Any) -> bool:
    """A key that takes nothing is not built yet, nor is a mapping of such keys alone."""
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not NoneType]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    if not models:
        return bool(kinds)
    # A mapping without keys says all by being there.
    return any(
        not model.model_fields or any(_is_built(field.annotation) for field in model.model_fields.values())
        for model in models
    )


class TargetSpec(Written):
    """A place's own part of the file; each place has its subclass under targets/."""

    place: ClassVar[str]
