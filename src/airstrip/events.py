"""Step and warning events: the library's only voice.

Whoever calls the library passes an `Emit`; the CLI's one draws on the terminal or writes JSON lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class StepStarted:
    """A piece of work began. `title` is a short phrase such as "Start the node"."""

    step: str
    title: str


@dataclass(frozen=True)
class StepProgress:
    """What the step is doing now; replaces its earlier progress. `elapsed` is in seconds."""

    step: str
    message: str
    elapsed: float


@dataclass(frozen=True)
class StepFinished:
    """The step is done. `note` says what came of it ("cached", "8 objects changed")."""

    step: str
    title: str
    elapsed: float
    note: str = ""


@dataclass(frozen=True)
class StepFailed:
    """The step raised; the error itself is what the caller gets."""

    step: str
    title: str
    elapsed: float


@dataclass(frozen=True)
class Notice:
    """Something to know before it happens, such as "this takes some minutes"."""

    message: str


@dataclass(frozen=True)
class Warned:
    """Something that did not stop the work but that someone should look at."""

    code: str
    message: str
    fix: str = ""


@dataclass(frozen=True)
class LogLine:
    """One line of a task's or component's log; `source` names it ("smoke/hello"), empty where all is of one program."""

    source: str
    text: str


Event = StepStarted | StepProgress | StepFinished | StepFailed | Notice | Warned | LogLine
Emit = Callable[[Event], None]

_NAMES = {
    StepStarted: "step.started",
    StepProgress: "step.progress",
    StepFinished: "step.finished",
    StepFailed: "step.failed",
    Notice: "notice",
    Warned: "warning",
    LogLine: "log",
}


def event_to_dict(event: Event) -> dict[str, Any]:
    """The JSON line of an event: its fields and `event`, its kind."""
    return {"event": _NAMES[type(event)], **asdict(event)}


def discard(event: Event) -> None:
    """An `Emit` for callers that do not listen."""


class Progress:
    """What a running step says of itself."""

    def __init__(self, emit: Emit, step: str) -> None:
        self._emit = emit
        self._step = step
        self._start = time.monotonic()
        self.note = ""

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._start

    def say(self, message: str) -> None:
        """What is being done now."""
        self._emit(StepProgress(self._step, message, self.elapsed))


@contextmanager
def step(emit: Emit, code: str, title: str) -> Iterator[Progress]:
    """Reports a piece of work: started, then finished or failed with its seconds.

    `code` is dotted and stable (`node.start`); set `progress.note` to say what came of it.
    """
    progress = Progress(emit, code)
    emit(StepStarted(code, title))
    try:
        yield progress
    except BaseException:
        emit(StepFailed(code, title, progress.elapsed))
        raise
    emit(StepFinished(code, title, progress.elapsed, progress.note))
