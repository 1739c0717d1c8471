"""Airflow's structured task logs as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SOURCES = "::group::Log message source details"
_END = "::endgroup::"
_MARKS = ("::group::", _END)
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
_LIBRARY = ("/site-packages/", "/lib/python3")


def render(content: Iterable[Any]) -> Iterator[str]:
    """`2026-11-21T05:11:17.048530Z INFO hello` for each entry, then an exception's stack beneath.

    Leaves out where Airflow read the log from and the marks that its UI folds by. Tokens are
    struck out; secrets that Airflow knows, it has masked itself.
    """
    in_sources = False
    for entry in content:
        record: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"event": str(entry)}
        event = str(record.get("event", ""))
        if event.startswith(_SOURCES):
            in_sources = True
        elif in_sources:
            in_sources = event != _END
        elif not event.startswith(_MARKS):
            yield from (_strike(line) for line in _lines(record, event))


def _lines(record: Mapping[str, Any], event: str) -> Iterator[str]:
    level = str(record.get("level") or "").upper()
    head = " ".join(part for part in (record.get("timestamp"), level) if part)
    first, *rest = event.splitlines() or [""]
    yield f"{head} {first}".rstrip() if head else first
    yield from rest
    for error in record.get("error_detail") or ():
        yield from _stack(error)


def _stack(error: Mapping[str, Any]) -> Iterator[str]:
    """As Python prints it, from the first frame of the user's own code."""
    yield "Traceback (most recent call last):"
    for frame in _own(error.get("frames") or []):
        yield f'  File "{frame.get("filename")}", line {frame.get("lineno")}, in {frame.get("name")}'
    yield from f"{error.get('exc_type')}: {error.get('exc_value')}".splitlines()
    yield from error.get("exc_notes") or ()


def _own(frames: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    for index, frame in enumerate(frames):
        if not any(part in str(frame.get("filename")) for part in _LIBRARY):
            return frames[index:]
    return frames


def _strike(line: str) -> str:
    return _TOKEN.sub("***", line)
