"""Airflow's structured task logs as records, and records as lines of text."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SOURCES = "::group::Log message source details"
_MERGED = "Found logs through kube API"
_END = "::endgroup::"
_MARKS = ("::group::", _END)
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
_LINE_END = re.compile(r"\r\n|[\r\n]")
_LIBRARY = ("/site-packages/", "/lib/python3")
_ENTRY_POINT = "execute_workload.py"
_SDK, _PROVIDER = "/site-packages/airflow/sdk/", "/site-packages/airflow/providers/"
_AIRFLOW_S = re.compile(r"airflow\.(sdk|utils\.log|providers\.[\w.]+\.log)\.")
_SUPERVISORS = frozenset({"supervisor", "airflow.sdk.api.client"})
"""Of the process around the task, which writes to its pod's output only: its file, and its loggers."""
_OF_EACH = frozenset({"event", "level", "timestamp"})


@dataclass(frozen=True)
class LogRecord:
    """One entry of a task's log. `timestamp` is RFC 3339 in UTC; None and empty where Airflow gave nothing."""

    event: str
    timestamp: str | None = None
    level: str = ""
    logger: str = ""
    error_detail: tuple[Mapping[str, Any], ...] = ()
    exit_code: int | None = None

    @property
    def text(self) -> tuple[str, str, str]:
        """What is the same of one entry in every place where it was written; its time is not."""
        return self.event, self.level, self.logger

    @property
    def is_airflow_s(self) -> bool:
        """Airflow itself says it: not the task, its operator or a hook, nor an exception that came out of them."""
        if not self.error_detail:
            return not self.logger or self.logger in _SUPERVISORS or bool(_AIRFLOW_S.match(self.logger))
        files = [str(frame.get("filename")) for frame in self.error_detail[0].get("frames") or ()]
        callers = [file for file in files if _SDK in file or _PROVIDER in file or not _is_library(file)]
        return bool(callers) and _SDK in callers[-1]

    def lines(self) -> Iterator[str]:
        """`2026-11-21T05:11:17.048530Z INFO hello`, then an exception's stack beneath.

        Tokens are struck out; secrets that Airflow knows, it has masked itself.
        """
        head = " ".join(part for part in (self.timestamp, self.level.upper()) if part)
        first, *rest = _split(self.event)
        first += "" if self.exit_code is None else f" exit_code={self.exit_code}"
        stacks = (line for error in self.error_detail for line in _stack(error))
        yield _strike(f"{head} {first}".rstrip() if head else first)
        yield from (_strike(line) for line in (*rest, *stacks))


@dataclass(frozen=True)
class TaskLog:
    """What Airflow answers for one try of a task, in the order of its times.

    `is_merged`: the task's pod runs, and its last hundred lines of output are mixed in. Each of them
    stands there twice then, with two times where the task printed it, so it cannot be counted.
    """

    records: tuple[LogRecord, ...]
    is_merged: bool


def read_answer(content: Iterable[Any], *, last: int | None = None) -> TaskLog:
    """Leaves out where Airflow read the log from, and the marks that its UI folds by; with `last`, all but so many."""
    records: deque[LogRecord] = deque(maxlen=last)
    in_sources = is_merged = False
    for entry in content:
        record = _record(entry if isinstance(entry, Mapping) else {"event": str(entry)})
        if record.event.startswith(_SOURCES):
            in_sources = True
        elif in_sources:
            is_merged = is_merged or record.event == _MERGED
            in_sources = record.event != _END
        elif not record.event.startswith(_MARKS):
            records.append(record)
    return TaskLog(tuple(records), is_merged)


def read_output(line: str) -> LogRecord | None:
    """A line of a task pod's output; None for what is not in the task's log or cannot be read."""
    try:
        entry = json.loads(line)
    except ValueError:
        # What a process says that fails before its logging works; or an entry that was cut off.
        return None if line.startswith("{") else LogRecord(line)
    if not isinstance(entry, dict) or "event" not in entry:
        return LogRecord(line)
    record = _record(entry)
    is_supervisor_s = record.logger in _SUPERVISORS or entry.get("filename") == _ENTRY_POINT
    return None if is_supervisor_s or record.event.startswith(_MARKS) else record


def read_printed(line: str) -> LogRecord | None:
    """As `read_output`, of a process where tasks print between the entries: what is none of Airflow's is as it is."""
    try:
        entry = json.loads(line)
    except ValueError:
        return LogRecord(line)
    is_entry = isinstance(entry, dict) and entry.keys() >= _OF_EACH
    return read_output(line) if is_entry else LogRecord(line)


def _record(entry: Mapping[str, Any]) -> LogRecord:
    return LogRecord(
        event=str(entry.get("event", "")),
        timestamp=entry.get("timestamp"),
        level=str(entry.get("level") or ""),
        logger=str(entry.get("logger") or ""),
        error_detail=tuple(_stacks(entry)),
        exit_code=entry.get("exit_code"),
    )


def _stacks(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """A task's pod calls it `error_detail`, every other process `exception`."""
    found = entry.get("error_detail") or entry.get("exception")
    return found if isinstance(found, list) else ()


def _stack(error: Mapping[str, Any]) -> Iterator[str]:
    """As Python prints it, from the first frame of the user's own code."""
    yield "Traceback (most recent call last):"
    for frame in _own(error.get("frames") or []):
        yield f'  File "{frame.get("filename")}", line {frame.get("lineno")}, in {frame.get("name")}'
    yield from _split(f"{error.get('exc_type')}: {error.get('exc_value')}")
    yield from error.get("exc_notes") or ()


def _own(frames: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    for index, frame in enumerate(frames):
        if not _is_library(str(frame.get("filename"))):
            return frames[index:]
    return frames


def _is_library(file: str) -> bool:
    return any(part in file for part in _LIBRARY)


def _split(text: str) -> list[str]:
    """At a terminal's line ends only: U+2028 and its like, at which str.splitlines splits too, are ordinary text."""
    return _LINE_END.split(text.removesuffix("\n").removesuffix("\r"))


def _strike(line: str) -> str:
    return _TOKEN.sub("***", line)
