"""What the lines of a log say: pure functions over them, and moments as people read them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter

from airstrip import times

_HEAD = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) ([A-Z]+) ")
_TRACEBACK = "Traceback (most recent call last):"
_DURATION = TypeAdapter(datetime.timedelta)
_EVIDENCE_LINES = 15
_LIBRARY = re.compile(r'  File "[^"]*/(?:site-packages|lib/python3[.\d]*)/')
_PREAMBLE = re.compile(
    r" INFO (?:DAG bundles loaded|Filling up the DagBag|Worker startup parse complete)| attribute is deprecated"
)
"""What Airflow writes into the log of every task."""


def last_exception(lines: Sequence[str]) -> str:
    """The first line of the last exception in a task's log, `ValueError: no such day`; empty where there is none.

    An exception that was raised from another one stands before that, each with its traceback.
    """
    found = ""
    is_first = True
    in_stack = False
    for line in lines:
        if _HEAD.match(line):
            is_first, in_stack = True, False
        elif line == _TRACEBACK:
            in_stack, is_first = is_first, False
        elif in_stack and not line.startswith("  "):
            found, in_stack = line, False
    return found


def exception_lines(lines: Sequence[str]) -> str:
    """The entry that ends with the last exception, from its head on, without libraries' frames; else the log's end."""
    head = _head_of_exception(lines)
    if head is None:
        return end_of(lines)
    told = [line for line in lines[head:] if not _LIBRARY.match(line)]
    return "\n".join(told[:_EVIDENCE_LINES])


def exception_entry(lines: Sequence[str]) -> Sequence[str]:
    """All lines of the entry with the last exception, those beneath it included; empty where there is none."""
    head = _head_of_exception(lines)
    if head is None:
        return ()
    end = next((index for index in range(head + 1, len(lines)) if _HEAD.match(lines[index])), len(lines))
    return lines[head:end]


def _head_of_exception(lines: Sequence[str]) -> int | None:
    """Of the last entry that has one."""
    heads = (index for index in range(len(lines) - 1, -1, -1) if _HEAD.match(lines[index]))
    return next((index for index in heads if [*lines[index + 1 : index + 2]] == [_TRACEBACK]), None)


def end_of(lines: Sequence[str]) -> str:
    """The last lines that the task itself brought about."""
    return "\n".join([line for line in lines if not _PREAMBLE.search(line)][-_EVIDENCE_LINES:])


def last_of_level(lines: Sequence[str], *levels: str) -> str:
    """The message of the last entry of these levels; empty where there is none."""
    for line in reversed(lines):
        head = _HEAD.match(line)
        if head and head[1] in levels:
            return line[head.end() :]
    return ""


def matching(lines: Sequence[str], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The newest first."""
    return (found for line in reversed(lines) if (found := pattern.search(line)))


def moment(time: str | None) -> str:
    """`2026-11-21 05:11:17 UTC`, of an RFC 3339 time; empty where there is none."""
    if not time:
        return ""
    return f"{times.moment(time).astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def later(time: str, seconds: float) -> str:
    return (times.moment(time) + datetime.timedelta(seconds=seconds)).isoformat()


def is_before(time: str | None, other: str) -> bool:
    """False where the first is not known."""
    return time is not None and times.moment(time) < times.moment(other)


def seconds_of(duration: str) -> float:
    """Of a duration as the API writes it, ISO 8601."""
    return _DURATION.validate_python(duration).total_seconds()
