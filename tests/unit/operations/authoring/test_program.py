"""Programs that are supervised: their reports are told from their words, and nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import CommandError
from airstrip.operations.authoring.program import Workshop, run_program, supervised

PYTHON = Path(sys.executable)
REPORTING = """
import json, os, sys
mark = os.environ["AIRSTRIP_DEV_MARK"]
print("before")
print("no end of line", end="")
print(mark + json.dumps({"asked": json.loads(os.environ["AIRSTRIP_DEV_REQUEST"])}))
print("\\x1e not a mark")
sys.exit(int(sys.argv[1]))
"""
# What it starts leaves its session and its parent, and does not listen to SIGTERM.
STUBBORN = """
import os, signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
first = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)" \
    "; print(p.pid, flush=True)"
subprocess.run([sys.executable, "-c", first, child], check=True)
if sys.argv[1] == "stay":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
"""


def test_reports_are_told_from_lines(tmp_path: Path) -> None:
    reports: list[Mapping[str, Any]] = []
    lines: list[str] = []
    workshop = Workshop(PYTHON, {}, tmp_path)
    run_program(workshop, ["-c", REPORTING, "0"], {"dag": "é"}, reports.append, lines.append)
    assert reports == [{"asked": {"dag": "é"}}]
    assert lines == ["before", "no end of line", "\x1e not a mark"]


def test_the_exit_code_and_the_last_lines_come_through(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as raised:
        run_program(Workshop(PYTHON, {}, tmp_path), ["-c", REPORTING, "7"], {}, lambda _: None, lambda _: None)
    assert "exit code 7" in raised.value.message
    assert "before" in raised.value.details


def test_what_a_program_leaves_behind_is_ended_with_it() -> None:
    done = start("go")
    left = int(done.communicate(timeout=20)[0])
    assert done.returncode == 0
    assert not lives(left)


def test_who_is_asked_to_end_is_gone_with_all_that_it_started() -> None:
    with start("stay") as running:
        assert running.stdout is not None
        left = int(running.stdout.readline())
        assert lives(left)
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=20)
    assert not lives(left)


def test_when_its_parent_is_killed_nothing_is_left() -> None:
    command = supervised(PYTHON, [str(PYTHON), "-c", STUBBORN, "stay"], {})
    # The supervisor's parent is a shell-like program that we can kill; it hands over its own pid.
    argv = [arg if arg != str(os.getpid()) else "@" for arg in command.argv]
    code = (
        "import os, subprocess, sys; "
        "subprocess.run([str(os.getpid()) if each == '@' else each for each in sys.argv[1:]])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, *argv], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    left = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    while lives(left) and time.monotonic() < end:
        time.sleep(0.1)
    assert not lives(left)
    parent.stdout.close()


def start(mode: str) -> subprocess.Popen[str]:
    command = supervised(PYTHON, [str(PYTHON), "-c", STUBBORN, mode], {})
    return subprocess.Popen(list(command.argv), stdout=subprocess.PIPE, text=True)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
