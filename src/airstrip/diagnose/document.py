"""Frozen dataclasses to JSON values and back, by their own type hints; and with all of their texts changed."""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

_Value = TypeVar("_Value")

_LOGS = frozenset({"log", "lines", "scheduler_log", "undecrypted"})
_LONGEST_LOG = 100_000
"""Characters that are read as one text; a longer one is read line by line."""
_MESSAGES = _LOGS | {"message", "last_message", "unschedulable", "detail", "cause", "fix", "lacks", "extra"}
_FREE = _MESSAGES | {
    "conf",
    "executor_config",
    "log_unread",
    "AccessFact.reason",
    "AuditEntry.text",
    "Dependency.reason",
}
"""Fields that hold what somebody wrote. One word in any other is of a vocabulary that rules know, or a name."""
_WORD = re.compile(r"[\w.:/@+*\[\]-]{0,253}")


def write(value: object) -> Any:
    """JSON values only; what `read` turns into an equal value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: write(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): write(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [write(item) for item in value]
    return value


def read(kind: type[_Value], value: object) -> _Value:
    """Raises ValueError where `value` is not what `write` makes; a field that is absent has its default."""
    found = _read(kind, value)
    assert isinstance(found, kind)
    return found


class Change(Protocol):
    """Of a text, and of one that is no more than a word of a vocabulary, such as a code, a name or a state."""

    def __call__(self, text: str) -> str: ...
    def word(self, text: str) -> str: ...


def with_texts(value: _Value, change: Change) -> _Value:
    """The same value with every text in it changed, however deep; lines of a log as the one text that they are."""
    changed = _changed(value, change, "")
    assert isinstance(changed, type(value))
    return changed


def words(value: object) -> set[str]:
    """Names, codes and states: each text in it that `with_texts` takes for one word."""
    found: set[str] = set()
    _gather(value, found)
    return {text for text in found if _WORD.fullmatch(text)}


def _gather(value: object, found: set[str]) -> None:
    """Texts of fields that are not free; changes nothing and makes nothing anew, as there may be thousands of pods."""
    if isinstance(value, str):
        found.add(value)
    elif isinstance(value, list | tuple):
        for item in value:
            _gather(item, found)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field, name in _fields(type(value)):
            if name not in _FREE:
                _gather(getattr(value, field), found)
    elif isinstance(value, Mapping):
        for item in value.values():
            _gather(item, found)


@functools.cache
def _fields(kind: type[Any]) -> Sequence[tuple[str, str]]:
    """Each field's name, and that by which `_FREE` may know it."""
    qualified = ((field.name, f"{kind.__name__}.{field.name}") for field in dataclasses.fields(kind))
    return tuple((name, full if full in _FREE else name) for name, full in qualified)


def _changed(value: object, change: Change, name: str) -> object:
    if isinstance(value, str):
        return change.word(value) if name not in _FREE and _WORD.fullmatch(value) else change(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each: _changed(getattr(value, each), change, kind) for each, kind in _fields(type(value))}
        return dataclasses.replace(value, **fields)
    if isinstance(value, Mapping):
        return {key: _changed(item, change, name) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if name in _LOGS and 0 < sum(len(item) for item in value if isinstance(item, str)) < _LONGEST_LOG:
            return type(value)(change("\n".join(value)).split("\n"))
        return type(value)(_changed(item, change, name) for item in value)
    return value


def _read(kind: Any, value: object) -> object:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _read(next(one for one in inner if one is not type(None)), value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(inner[1], item) for key, item in _expect(dict, value).items()}
    if origin is not None and issubclass(origin, Sequence):
        return tuple(_read(inner[0], item) for item in _expect(list, value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _expect(kind, value)


def _dataclass(kind: type[Any], value: object) -> object:
    fields, hints = _expect(dict, value), typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}
    if unknown := sorted(fields.keys() - known):
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}")
    try:
        return kind(**{name: _read(hints[name], item) for name, item in fields.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


def _expect(kind: Any, value: object) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{type(value).__name__} where {kind.__name__} is expected")
    return value
