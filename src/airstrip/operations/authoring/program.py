"""Starts one of the programs in templates/dev by the environment's Python, and reads what it reports.

Around it runs supervise.py: whatever happens to us, nothing of it is left.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airstrip.process import Command, stream

PROGRAMS = Path(__file__).resolve().parents[1] / "templates" / "dev"

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

    Raises CommandError with its last lines when it ends with anything but 0.
    """
    mark = f"\x1e{secrets.token_hex(8)} "
    command = supervised(
        workshop.python,
        # -P: the current folder is the author's, and no place to look for ours.
        [str(workshop.python), "-P", *arguments],
        {**workshop.variables, "AIRSTRIP_DEV_MARK": mark, "AIRSTRIP_DEV_REQUEST": json.dumps(request)},
        cwd or workshop.dags,
    )

    def take(line: str) -> None:
        text, found, report = line.partition(mark)
        if text or not found:
            on_line(text)
        if found:
            on_report(json.loads(report))

    stream(command, take)


def supervised(
    python: Path, argv: Sequence[str], variables: Mapping[str, str | None], cwd: Path | None = None
) -> Command:
    """The command that runs another one and ends everything that it started."""
    # -I: neither the shell's variables nor the current folder decide what the standard library is.
    return Command(
        (str(python), "-I", "-S", str(PROGRAMS / "supervise.py"), str(os.getpid()), *argv), env=variables, cwd=cwd
    )
