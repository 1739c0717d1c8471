"""Events as lines, and where they are written."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from airstrip.events import Event, LogLine, Notice, StepFailed, StepFinished, StepProgress, StepStarted, Warned


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
            return f"{event.source} | {event.text}" if event.source else event.text


def format_seconds(seconds: float) -> str:
    """`4.2 s`, `1 min 05 s`"""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def print_log_line(event: LogLine) -> None:
    print(format_event(event), flush=True)


def write_json_event(event: Mapping[str, object]) -> None:
    write_event(json.dumps(event, default=str))


def write_question(question: str) -> None:
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()


def write_event(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        # Nobody listens any more; the work itself goes on.
        sys.stderr = Path("/dev/null").open("w")  # noqa: SIM115 - open for the rest of the process


def _in_brackets(note: str) -> str:
    return f" ({note})" if note else ""
