from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airstrip import process
from airstrip.errors import CommandError
from airstrip.process import Command, run, stream

NEEDS_SETPRIV = pytest.mark.skipif(shutil.which("setpriv") is None, reason="Linux's setpriv is not here")


def python(code: str, **options: Any) -> Command:
    return Command([sys.executable, "-c", code], **options)


def test_a_command_prints_as_what_a_shell_takes() -> None:
    assert str(Command(["echo", "a b", "$HOME"], env={"SECRET": "hunter2"})) == "echo 'a b' '$HOME'"


def test_stdin_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(Command(["cat"], stdin=b"hunter2"))


def test_run_returns_both_outputs_and_passes_stdin_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONE", "1")
    code = (
        "import os, sys; print(sys.stdin.read(), os.environ['NEW'], 'GONE' in os.environ); print('e', file=sys.stderr)"
    )
    done = run(python(code, stdin=b"in", env={"NEW": "new", "GONE": None}))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "in new False\n", "e\n")


def test_run_without_stdin_reads_nothing() -> None:
    assert run(python("import sys; print(repr(sys.stdin.read()))")).stdout == "''\n"


def test_a_failure_carries_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as raised:
        run(python("import sys; print('\\n'.join(map(str, range(100)))); sys.exit(3)", cwd=tmp_path))
    assert raised.value.code == "process.failed"
    assert "exit code 3" in raised.value.message
    assert raised.value.details.splitlines() == [str(number) for number in range(60, 100)]


def test_a_stream_has_its_stdin_whatever_its_size_and_whoever_reads_it() -> None:
    lines: list[str] = []
    large = b"x" * 300_000
    # It prints more than a pipe holds before it reads.
    stream(python("import sys; print('y' * 300_000); print(len(sys.stdin.read()))", stdin=large), lines.append)
    assert [lines[0][:1], len(lines[0]), lines[1]] == ["y", 300_000, "300000"]
    stream(python("print('read nothing')", stdin=large), lines.append)
    assert lines[-1] == "read nothing"


def test_a_failure_can_be_looked_at() -> None:
    assert run(python("raise SystemExit(4)"), check=False).exit_code == 4


def test_a_program_that_is_not_there() -> None:
    for call in (lambda command: run(command), lambda command: stream(command, print)):
        with pytest.raises(CommandError) as raised:
            call(Command(["/no/such/program"]))
        assert raised.value.code == "process.not-started"


def test_a_program_that_does_not_end() -> None:
    with pytest.raises(CommandError) as raised:
        run(python("print('so far', flush=True); import time; time.sleep(60)"), timeout=0.5)
    assert raised.value.code == "process.timeout"
    assert raised.value.details == "so far"


def test_stream_hands_over_lines_as_they_come() -> None:
    lines: list[str] = []
    stream(python("import sys; print('a', flush=True); print('b', file=sys.stderr)"), lines.append)
    assert lines == ["a", "b"]


def test_stream_fails_with_the_last_lines() -> None:
    with pytest.raises(CommandError) as raised:
        stream(python("print('why'); raise SystemExit(1)"), lambda _: None)
    assert raised.value.details == "why"


def test_an_interrupted_stream_ends_its_program() -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream(python("print('x', flush=True); import time; time.sleep(600)"), interrupt)


def test_an_interrupted_stream_ends_a_program_that_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `unshare --fork` does: SIGTERM means nothing to it, and it is not waited for until it ends of itself."""
    monkeypatch.setattr(process, "_STOP_SECONDS", 0.2)
    deaf = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); "
        f"time.sleep(60); pathlib.Path({str(tmp_path / 'ended')!r}).touch()"
    )

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream(python(deaf), interrupt)
    assert not (tmp_path / "ended").exists()


def test_a_second_interrupt_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    stopped: list[str] = []
    monkeypatch.setattr(subprocess.Popen, "terminate", interrupt)
    monkeypatch.setattr(subprocess.Popen, "kill", _kill_and_tell(stopped))
    with pytest.raises(KeyboardInterrupt):
        stream(python("print('x', flush=True); import time; time.sleep(60)"), interrupt)
    assert stopped == ["killed"]


def _kill_and_tell(told: list[str]) -> object:
    def kill(child: subprocess.Popen[str]) -> None:
        told.append("killed")
        child.send_signal(signal.SIGKILL)

    return kill


@NEEDS_SETPRIV
@pytest.mark.parametrize("call", ["run(command)", "stream(command, print)"])
def test_a_program_tied_to_us_dies_with_us(call: str, tmp_path: Path) -> None:
    code = (
        "import sys; from airstrip.process import Command, run, stream; "
        "command = Command(['sh', '-c', 'echo $$ >$0.new; mv $0.new $0; sleep 60', sys.argv[1]], tied=True); " + call
    )
    ours = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pid")])
    try:
        _wait_until(lambda: (tmp_path / "pid").exists())
    finally:
        ours.kill()
        ours.wait()
    child = int((tmp_path / "pid").read_text())
    _wait_until(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _wait_until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


@NEEDS_SETPRIV
def test_a_tied_program_is_named_as_what_it_is(tmp_path: Path) -> None:
    assert str(Command(["true"], tied=True)) == "true"
    with pytest.raises(CommandError) as raised:
        run(Command(["false"], tied=True))
    assert raised.value.message == "false failed with exit code 1"
    for name in ("/no/such/program", "no-such-program"):
        with pytest.raises(CommandError) as raised:
            run(Command([name], tied=True))
        assert raised.value.code == "process.not-started"
        assert raised.value.message.startswith(f"{name} cannot be started")
    (tmp_path / "here").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "here").chmod(0o755)
    # Looked for where the program itself is told to look.
    search = f"{tmp_path}:{os.environ['PATH']}"
    assert run(Command(["here"], env={"PATH": search}, tied=True)).exit_code == 0
