"""Events on stderr: live on a terminal, plain lines elsewhere, JSON lines with --json.

Log lines are what a user asked for, so they go to stdout; with --json they are events.
"""

from __future__ import annotations

import json as json_module
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from airstrip.events import (
    Event,
    LogLine,
    Notice,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
    Warned,
    event_to_dict,
)

_HEARTBEAT_SECONDS = 20.0


class Voice(Protocol):
    """An `Emit` that is open while a verb works."""

    def __call__(self, event: Event) -> None: ...

    def ask(self, question: str) -> None:
        """Writes a question; whoever asks reads the answer."""

    def __enter__(self) -> Voice: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_voice(*, json: bool) -> Voice:
    if json:
        return JsonVoice()
    if sys.stderr.isatty():
        # Only here is rich needed, and its import is a third of a short verb's time.
        from airstrip.cli.live import LiveVoice

        return LiveVoice()
    return PlainVoice()


class _Simple:
    """What needs no closing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class JsonVoice(_Simple):
    """One JSON object per line."""

    def __enter__(self) -> JsonVoice:
        return self

    def __call__(self, event: Event) -> None:
        write_json_event(event_to_dict(event))

    def ask(self, question: str) -> None:
        write_json_event({"event": "question", "message": question})


class PlainVoice(_Simple):
    """A line when a step begins and when it ends, and a sign of life between."""

    def __init__(self) -> None:
        self._last = 0.0

    def __enter__(self) -> PlainVoice:
        return self

    def __call__(self, event: Event) -> None:
        if isinstance(event, LogLine):
            print_log_line(event)
            return
        now = time.monotonic()
        if isinstance(event, StepProgress) and now - self._last < _HEARTBEAT_SECONDS:
            return
        self._last = now
        write_event(format_event(event))

    def ask(self, question: str) -> None:
        write_question(question)


class WatchedVoice:
    """A voice that knows whether work has begun: an interrupt before that has changed nothing."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.has_begun = False

    def __call__(self, event: Event) -> None:
        self.has_begun = self.has_begun or isinstance(event, StepStarted)
        self._voice(event)

    def ask(self, question: str) -> None:
        self._voice.ask(question)

    def __enter__(self) -> WatchedVoice:
        self._voice.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._voice.__exit__(kind, error, trace)


def format_event(event: Event) -> str:
    """An event as one line."""
    match event:
        case StepStarted():
            return f"{event.title} ..."
        case StepProgress():
            return f"  {format_seconds(event.elapsed)}: {event.message}"
        case StepFinished():
            return f"{event.title}: done in {format_seconds(event.elapsed)}{_in_brackets(event.note)}"
        case StepFailed():
            return f"{event.title}: failed after {format_seconds(event.elapsed)}"
        case Notice():
            return event.message
        case Warned():
            return f"warning: {event.message} {event.fix}".rstrip() + f"  [{event.code}]"
        case LogLine():
            return f"{event.source} | {event.text}"


def format_seconds(seconds: float) -> str:
    """`4.2 s`, `1 min 05 s`"""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def print_log_line(event: LogLine) -> None:
    print(format_event(event), flush=True)


def write_json_event(event: Mapping[str, object]) -> None:
    write_event(json_module.dumps(event, default=str))


def write_question(question: str) -> None:
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()


def write_event(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        # Nobody listens any more; the work itself goes on.
        sys.stderr = open("/dev/null", "w")  # noqa: SIM115, PTH123


def _in_brackets(note: str) -> str:
    return f" ({note})" if note else ""
