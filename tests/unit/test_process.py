from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airstrip.errors import CommandError
from airstrip.process import Command, run, stream


def python(code: str, **options: object) -> Command:
    return Command([sys.executable, "-c", code], **options)  # type: ignore[arg-type]


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
