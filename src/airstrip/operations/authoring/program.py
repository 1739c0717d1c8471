"""Starts one of the programs in templates/dev by the environment's Python, and reads what it reports.

Around it runs supervise.py: whatever happens to us, nothing of it is left.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airstrip.airflow_api import read_printed
from airstrip.errors import AirstripError, CommandError
from airstrip.process import Command, stream

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
PROGRAMS = TEMPLATES / "dev"
"""Where the programs find each other; the supervisor is elsewhere: an author's module may have its name."""
_SUPERVISE = TEMPLATES / "supervise" / "supervise.py"
_TAIL_LINES = 40

Reported = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Workshop:
    """What a program runs in: a Python with Airflow, its variables, the folder of DAG files."""

    python: Path
    variables: Mapping[str, str | None]
    dags: Path


def run_program(
    workshop: Workshop,
    arguments: Sequence[str],
    request: Mapping[str, Any],
    on_report: Reported,
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
) -> None:
    """Runs `python -P ARGUMENTS` to its end; hands over its reports, and every other line that it prints.

    What it is asked for, which may hold secrets, is its stdin. Raises CommandError with its last lines, as people
    read them, when it ends with anything but 0.
    """
    last: deque[str] = deque(maxlen=_TAIL_LINES)
    mark = f"\x1e{secrets.token_hex(8)} "
    command = supervised(
        workshop.python,
        # -P: the current folder is the author's, and no place to look for ours.
        [str(workshop.python), "-P", *arguments],
        {**workshop.variables, "AIRSTRIP_DEV_MARK": mark},
        cwd or workshop.dags,
        json.dumps(request).encode(),
    )

    def take(line: str) -> None:
        text, found, report = line.partition(mark)
        if text or not found:
            last.append(text)
            on_line(text)
        if found:
            on_report(json.loads(report))

    try:
        stream(command, take)
    except CommandError as error:
        records = filter(None, map(read_printed, last))
        error.details = "\n".join(line for record in records for line in record.lines())
        raise


def crashed(program: str, details: str) -> AirstripError:
    """Of a program that ended before its end, whatever its exit code was."""
    return AirstripError(
        "dev.crashed",
        f"the process that {program} ended before its end",
        cause="A task or a DAG file ended it, such as by os._exit, a crash of a library, or too little memory.",
        fix="See its last lines below.",
        details=details,
    )


def supervised(
    python: Path,
    argv: Sequence[str],
    variables: Mapping[str, str | None],
    cwd: Path | None = None,
    stdin: bytes | None = None,
) -> Command:
    """The command that runs another one and ends everything that it started."""
    # -I: neither the shell's variables nor the current folder decide what the standard library is.
    return Command(
        (str(python), "-I", "-S", str(_SUPERVISE), str(os.getpid()), *argv), env=variables, cwd=cwd, stdin=stdin
    )
