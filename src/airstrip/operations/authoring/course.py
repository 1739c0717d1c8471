"""The course of a run: what the program reports, as events for whoever looks and as rows for the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from airstrip.airflow_api import read_output
from airstrip.answers import DevTaskData
from airstrip.events import Emit, LogLine, StepFailed, StepFinished, StepStarted

_START, _STEP = "dev.start", "dev.task"
# Of the parts of Airflow that stand in for scheduler, API server and database here.
_MACHINERY = (
    "airflow.api_fastapi.",
    "airflow.dag_processing.",
    "airflow.models.",
    "airflow.sdk.definitions.dag",
    "airflow.serialization.",
    "airflow.utils.",
    "airstrip_pods.dag_runs",
)
_NOT_THE_AUTHORS = "/site-packages/"
_BEFORE = "airflow"


@dataclass
class _Running:
    source: str
    title: str
    start: float


@dataclass
class Course:
    """Tasks run one after the other, so a line belongs to the one that runs."""

    emit: Emit
    start: float = field(default_factory=time.monotonic)
    parsed: Mapping[str, Any] | None = None
    pods: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    known_tasks: tuple[str, ...] | None = None
    refused: Mapping[str, Any] | None = None
    ended: Mapping[str, Any] | None = None
    first_task: float | None = None
    errors: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
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
                self.known_tasks = tuple(event["tasks"])
            case "task":
                self._task(event)
            case "refused":
                self.refused = event
            case "ended":
                self.ended = event

    def line(self, text: str) -> None:
        """A line of the log; between tasks, what only says how Airflow is getting on is left out."""
        record = read_output(text)
        if record is None or record.logger.startswith(_MACHINERY):
            return
        if record.logger == "py.warnings" and _NOT_THE_AUTHORS in text:
            return
        source = self._running.source if self._running else _BEFORE
        for line in record.lines():
            self.logs.setdefault(source, []).append(line)
            self.emit(LogLine(source, line))

    def _task(self, event: Mapping[str, Any]) -> None:
        source = task_name(event["task"], event["map"])
        if event["state"] == "running":
            # A deferred one that comes back is the same try.
            if self._running and self._running.source == source:
                return
            self.first_task = time.monotonic() - self.start if self.first_task is None else self.first_task
            title = source if event["try"] < 2 else f"{source}, try {event['try']}"
            self._running = _Running(source, title, time.monotonic())
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
        began = list(self.logs)
        order = {name: place for place, name in enumerate(began)}
        ordered = sorted(tasks, key=lambda row: order.get(task_name(row["task"], row["map"]), len(began)))
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
