"""Adds what an example needs to an airstrip.yaml that somebody wrote: nothing that stands there is changed.

The text is written into, not out of what was read: comments, quotes and indentation stay as they are. A key that is
there keeps its value; of mappings the missing keys are added, of lists the missing items.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from airstrip.errors import SpecError, UsageError
from airstrip.spec.document import Document, parse_document
from airstrip.spec.source import KeyPath, Mark, Source, read_source

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class _OtherKindError(Exception):
    """Where a mapping or a list is wanted, something else stands."""


def read_file(file: Path) -> Document:
    """Raises UsageError or SpecError where it cannot be read, or is no mapping."""
    document = parse_document(read_source(file))
    if document.problems:
        raise SpecError(document.problems)
    if not isinstance(document.data, dict):
        fix = "Write at least `apiVersion: airstrip/v1` and `name: airflow`."
        mark = Mark(1, 1)
        raise SpecError([document.source.problem("spec.bad-value", (), "the file is no mapping", fix, mark)])
    return document


def with_additions(document: Document, wanted: Mapping[str, Any]) -> Document:
    """The file with all of `wanted`. Raises UsageError where it cannot be had without changing what is there."""
    try:
        expected = _merged(document.data, wanted)
    except _OtherKindError as error:
        raise _unfit(document.source, wanted) from error
    while (found := _next(document.data, expected)) is not None:
        try:
            after = parse_document(replace(document.source, text=_added(document, *found)))
        except SpecError as error:
            raise _unfit(document.source, wanted) from error
        # Each step must bring what was missing, and nothing else.
        if after.problems or after.data == document.data or _merged(after.data, expected) != expected:
            raise _unfit(document.source, wanted)
        document = after
    return document


def _merged(have: Any, wanted: Any) -> Any:
    """Of two mappings all keys, of two lists all items, of all else what there is. Raises _OtherKindError."""
    if isinstance(have, dict) and isinstance(wanted, Mapping):
        return {**have, **{key: _merged(have[key], wanted[key]) if key in have else wanted[key] for key in wanted}}
    if isinstance(have, list) and isinstance(wanted, list):
        return [*(item for item in wanted if item not in have), *have]
    if wanted and isinstance(wanted, Mapping | list):
        raise _OtherKindError
    return have


def _next(have: Any, expected: Any, path: KeyPath = ()) -> tuple[KeyPath, Any] | None:
    """The first place where something is missing, and what."""
    if isinstance(have, dict) and isinstance(expected, dict):
        for key in expected:
            if key not in have:
                return (*path, key), expected[key]
            if (found := _next(have[key], expected[key], (*path, key))) is not None:
                return found
        return None
    if isinstance(have, list) and isinstance(expected, list):
        # Each comes before those that are there: the last of the missing ones first.
        missing = len(expected) - len(have)
        return ((*path, 0), expected[missing - 1]) if missing else None
    return (path, expected) if have != expected else None


def _added(document: Document, path: KeyPath, value: Any) -> str:
    """The text with one more key or item, before those that its mapping or list has: behind may be comments."""
    text, (*around, last) = document.source.text, path
    line_break = "\r\n" if "\r\n" in text else "\n"
    if not around:
        end = "" if text.endswith(("\r", "\n")) else line_break
        return text + end + line_break + _block(str(last), value).replace("\n", line_break)
    mark = document.place(tuple(around)).value
    at = _offset(text, mark)
    entry = _flow(value) if isinstance(last, int) else f"{last}: {_flow(value)}"
    if text[at] in "{[":
        comma = "" if text[at + 1 :].lstrip()[:1] in ("}", "]") else ", "
        return f"{text[: at + 1]}{entry}{comma}{text[at + 1 :]}"
    dash = "- " if isinstance(last, int) else ""
    return f"{text[:at]}{dash}{entry}{line_break}{text[at - mark.column + 1 : at]}{text[at:]}"


def _offset(text: str, mark: Mark) -> int:
    lines = [found.end() for found in _LINE_BREAK.finditer(text)]
    return (0 if mark.line == 1 else lines[mark.line - 2]) + mark.column - 1


def as_block(wanted: Mapping[str, Any]) -> str:
    """As it stands in a file, each key on a line of its own."""
    return "".join(_block(key, wanted[key]) for key in wanted)


def _block(key: str, value: Any) -> str:
    if not isinstance(value, Mapping) or not value:
        return f"{key}: {_flow(value)}\n"
    return f"{key}:\n" + "".join(f"  {name}: {_flow(value[name])}\n" for name in value)


def _flow(value: Any) -> str:
    """On one line, as it may stand within brackets."""
    if isinstance(value, str):
        # In brackets, for the emitter to quote what must be quoted there.
        return _flow([value])[1:-1]
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = True, 100_000
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().strip().removesuffix("...").strip()


def _unfit(source: Source, wanted: Mapping[str, Any]) -> UsageError:
    return UsageError(
        "init.not-added",
        f"{source.file} needs more for this, which cannot be added to it",
        cause="Something else stands in its place there, or is written in a way that is not understood.",
        fix="Add it by hand, then run the same command again. Nothing was written.",
        details=as_block(wanted),
    )
