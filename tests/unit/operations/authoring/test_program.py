"""Programs that are supervised: their reports are told from their words, and nothing of them is left."""

from __future__ import annotations

import json
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
from airstrip.operations.authoring.program import PROGRAMS, Workshop, run_program, supervised

PYTHON = Path(sys.executable)
REPORTING = """
import json, os, sys
mark = os.environ["AIRSTRIP_DEV_MARK"]
print("before")
print(json.dumps({"event": "logged", "level": "info", "timestamp": "2026-11-21T10:00:00Z"}))
print("no end of line", end="")
print(mark + json.dumps({"asked": json.load(sys.stdin)}))
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
    logged = lines.pop(1)
    assert json.loads(logged)["event"] == "logged"
    assert lines == ["before", "no end of line", "\x1e not a mark"]


def test_the_exit_code_and_the_last_lines_come_through(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as raised:
        run_program(Workshop(PYTHON, {}, tmp_path), ["-c", REPORTING, "7"], {}, lambda _: None, lambda _: None)
    assert "exit code 7" in raised.value.message
    lines = ["before", "2026-11-21T10:00:00Z INFO logged", "no end of line", "\x1e not a mark"]
    assert raised.value.details.split("\n") == lines


LOOKING = """
import json, os, sys
json.load(sys.stdin)
for pid in ("self", str(os.getppid())):
    print(b"hunter2" in open(f"/proc/{pid}/environ", "rb").read(), open(f"/proc/{pid}/fd/0", "rb").read())
"""


def test_what_a_program_is_asked_for_is_its_alone_and_of_any_size(tmp_path: Path) -> None:
    """Secrets of projects are there; what a task starts sees the environment of its parents, and their files."""
    lines: list[str] = []
    asked = {"secret": "hunter2" * 50_000}
    run_program(Workshop(PYTHON, {}, tmp_path), ["-c", LOOKING], asked, lambda _: None, lines.append)
    assert lines == ["False b''", "False b''"]


def test_the_supervisor_is_no_module_that_an_author_could_mean(tmp_path: Path) -> None:
    lines: list[str] = []
    workshop = Workshop(PYTHON, {"PYTHONPATH": str(PROGRAMS)}, tmp_path)
    code = "import importlib.util as u; print(u.find_spec('supervise'), u.find_spec('airstrip_dev') is not None)"
    run_program(workshop, ["-c", code], {}, lambda _: None, lines.append)
    assert lines == ["None True"]


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
