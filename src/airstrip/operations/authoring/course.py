"""The course of a run: what the program reports, as events for whoever looks and as rows for the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from airstrip.airflow_api import LogRecord, read_printed
from airstrip.answers import DevTaskData
from airstrip.events import Emit, LogLine, StepFailed, StepFinished, StepStarted

_START, _STEP = "dev.start", "dev.task"
# What runs tasks one after the other, and says why one failed outside of its own try.
_RUNNER = "airflow.sdk.definitions.dag"
# Of the parts of Airflow that stand in for scheduler, API server and database here.
_MACHINERY = (
    "airflow.api_fastapi.",
    "airflow.dag_processing.",
    "airflow.models.",
    _RUNNER,
    "airflow.serialization.",
    "airflow.utils.",
    "airstrip_pods.dag_runs",
)
# Once a second, for as long as nothing can be run.
_WAITS = ("Waiting for Human-in-the-loop input", "No tasks to run. unrunnable tasks")
_NOT_THE_AUTHORS = "/site-packages/"
_BEFORE = "airflow"


@dataclass
class _Running:
    source: str
    title: str
    start: float
    key: tuple[str, int] | None = None


@dataclass
class Course:
    """Tasks run one after the other, so a line belongs to the one that runs."""

    emit: Emit
    start: float = field(default_factory=time.monotonic)
    parsed: Mapping[str, Any] | None = None
    pods: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    unknown_task: str | None = None
    known_tasks: tuple[str, ...] | None = None
    refused: Mapping[str, Any] | None = None
    ended: Mapping[str, Any] | None = None
    first_task: float | None = None
    errors: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
    _began: dict[str, None] = field(default_factory=dict)
    _waits: set[str] = field(default_factory=set)
    _running: _Running | None = None
    _start: _Running | None = None

    @contextmanager
    def starting(self, title: str) -> Iterator[None]:
        """Around the whole: what is under way when it ends by an error has failed."""
        self._start = _Running(_BEFORE, title, time.monotonic())
        self.emit(StepStarted(_START, title))
        try:
            yield
        except BaseException:
            self._end("failed")
            self._end_start(StepFailed)
            raise
        self._end_start(StepFinished)

    def _end_start(self, kind: type[StepFailed] | type[StepFinished]) -> None:
        if self._start is not None:
            self.emit(kind(_START, self._start.title, time.monotonic() - self._start.start))
            self._start = None

    def report(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "parsed":
                self.parsed = event
            case "prepared":
                self.pods, self.projects = tuple(event["pods"]), tuple(event["projects"])
            case "ready":
                self._end_start(StepFinished)
            case "no-task":
                self.unknown_task, self.known_tasks = event["task"], tuple(event["tasks"])
            case "task":
                self._task(event)
            case "refused":
                self.refused = event
            case "ended":
                self._end("failed")
                self.ended = event

    def came_to_its_end(self, dag: str) -> bool:
        """Whether the program said all that it has to say: what ends its process may do so with exit code 0."""
        if self.parsed is None:
            return False
        return dag not in self.parsed["dags"] or self.ended is not None or self.known_tasks is not None

    def line(self, text: str) -> None:
        """A line of the log; between tasks, what only says how Airflow is getting on is left out."""
        record = read_printed(text)
        if record is None or not self._is_for_authors(record, text):
            return
        if record.logger == _RUNNER and record.error_detail and self._running and self._running.key:
            error = record.error_detail[0]
            self.errors[self._running.key] = {"type": str(error["exc_type"]), "message": str(error["exc_value"])}
        source = self._running.source if self._running else _BEFORE
        for line in record.lines():
            self.logs.setdefault(source, []).append(line)
            self.emit(LogLine(source, line))

    def _is_for_authors(self, record: LogRecord, text: str) -> bool:
        if record.event.startswith(_WAITS):
            is_new = record.event not in self._waits
            self._waits.add(record.event)
            return is_new
        if record.logger == "py.warnings":
            return _NOT_THE_AUTHORS not in text
        return not (record.level in ("debug", "info") and record.logger.startswith(_MACHINERY))

    def _task(self, event: Mapping[str, Any]) -> None:
        source = task_name(event["task"], event["map"])
        if event["state"] == "running":
            # A deferred one that comes back is the same try.
            if self._running and self._running.source == source:
                return
            # No listener hears how one ended whose trigger raises.
            self._end("failed")
            self._began[source] = None
            self.first_task = time.monotonic() - self.start if self.first_task is None else self.first_task
            title = source if event["try"] < 2 else f"{source}, try {event['try']}"
            self._running = _Running(source, title, time.monotonic(), (event["task"], event["map"]))
            self.emit(StepStarted(_STEP, title))
            return
        if event["state"] == "failed":
            self.errors[event["task"], event["map"]] = event["error"]
        self._end(event["state"])

    def _end(self, state: str) -> None:
        if self._running is None:
            return
        elapsed = time.monotonic() - self._running.start
        if state in ("failed", "up_for_retry"):
            self.emit(StepFailed(_STEP, self._running.title, elapsed))
        else:
            note = "" if state == "success" else state
            self.emit(StepFinished(_STEP, self._running.title, elapsed, note))
        self._running = None

    def rows(self) -> list[DevTaskData]:
        """In the order of their beginning; those that never began are last."""
        tasks = self.ended["tasks"] if self.ended else ()
        order = {name: place for place, name in enumerate(self._began)}
        ordered = sorted(tasks, key=lambda row: order.get(task_name(row["task"], row["map"]), len(order)))
        return [
            {
                "task": row["task"],
                "map": row["map"],
                "try": row["try"],
                "state": row["state"],
                "seconds": row["seconds"] if row["try"] else None,
            }
            for row in ordered
        ]


def task_name(task: str, index: int) -> str:
    return task if index < 0 else f"{task}[{index}]"
