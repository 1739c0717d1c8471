"""pydantic's errors in plain words, at their place in the file."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from airstrip.errors import Problem
from airstrip.spec.document import Document
from airstrip.spec.fields import API_VERSION, did_you_mean
from airstrip.spec.models import ITEMS
from airstrip.spec.source import KeyPath, write_path

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
}


def explain(error: ErrorDetails, model: type[BaseModel], document: Document, prefix: KeyPath = ()) -> Problem:
    """One problem; `prefix` is where `model` stands in the file."""
    path: KeyPath = (*prefix, *(part for part in error["loc"] if part != ITEMS))
    place = document.place(path)
    mark = place.value
    context: dict[str, Any] = error.get("ctx", {})
    code, message, fix = error["type"], error["msg"], context.get("fix", "")
    if code == "missing":
        code, message, fix = "spec.missing-key", f"{path[-1]} is missing", _missing_fix(path)
        mark = document.key(path[:-1])
    elif code == "extra_forbidden":
        known = keys_of(model_at(model, error["loc"][:-1]))
        code, message, fix = unknown_key(str(path[-1]), known)
        mark = document.key(path)
    elif code == "spec.not-yet":
        message = f"{write_path(path)} is known, but this release does not build it yet"
        mark = document.key(path)
    elif code in _EXPECTED:
        message, fix = _wrong_type(path, code, error["input"], place.raw)
        code = "spec.wrong-type"
    elif code == "spec.wrong-type":
        message = f"{write_path(path)} {message}"
    elif not code.startswith("spec."):
        code, message, fix = _plain(path, error)
    return document.source.problem(code, path, message, fix, mark, secret=bool(context.get("secret")))


def unknown_key(word: str, known: tuple[str, ...]) -> tuple[str, str, str]:
    """Code, message and fix for a key that is not there."""
    return (
        "spec.unknown-key",
        f"the key {word} is not known here",
        f"{did_you_mean(word, known)}Known: {', '.join(known)}",
    )


def keys_of(model: type[BaseModel] | None) -> tuple[str, ...]:
    """A model's keys as the file spells them."""
    if model is None:
        return ()
    keys = (field.alias or name for name, field in model.model_fields.items())
    return tuple(key for key in keys if key != ITEMS)


def model_at(model: type[BaseModel] | None, location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the mapping at a location, None where it is none."""
    for part in location:
        fields = {} if model is None else {field.alias or name: field for name, field in model.model_fields.items()}
        field = fields.get(str(part))
        annotation = None if field is None else field.annotation
        candidates = [item for item in (annotation, *get_args(annotation)) if isinstance(item, type)]
        model = next((item for item in candidates if issubclass(item, BaseModel)), None)
    return model


def _missing_fix(path: KeyPath) -> str:
    known = {"apiVersion": API_VERSION, "name": "airflow"}
    return f"Add `{path[-1]}: {known.get(str(path[-1]), '…')}`."


def _wrong_type(path: KeyPath, code: str, value: object, raw: str) -> tuple[str, str]:
    expected = _EXPECTED[code]
    if value is None:
        return f"{write_path(path)} has no value", f"Write {expected}, or remove the key."
    message = f"{write_path(path) or 'the file'} must be {expected}, and is {_describe(value)}"
    if code == "string_type" and isinstance(value, int | float):
        return message, f'Put quotes around it: "{raw}"'
    if code in ("tuple_type", "list_type") and isinstance(value, str | int | float):
        return message, f"Put brackets around it: [{raw}]"
    return message, f"Write {expected}."


def _describe(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _plain(path: KeyPath, error: ErrorDetails) -> tuple[str, str, str]:
    """Limits of numbers and whatever else pydantic says well enough itself."""
    words = error["msg"].removeprefix("Input should be ")
    return "spec.bad-value", f"{write_path(path)} must be {words}", f"Write a value that is {words}."
