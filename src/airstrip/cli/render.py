"""Events on stderr: live on a terminal, plain lines elsewhere, JSON lines with --json.

Log lines are what a user asked for, so they go to stdout; with --json they are events.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol

from airstrip.cli.lines import format_event, print_log_line, write_event, write_json_event, write_question
from airstrip.events import Event, LogLine, StepProgress, StepStarted, event_to_dict

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
