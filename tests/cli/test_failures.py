"""Whatever goes wrong: words on stderr, the document on stdout with --json, and the contract's exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import AirstripError, CommandError, Problem, SpecError
from airstrip.events import StepStarted
from airstrip.result import AnyResult, Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]

FAILURE = CommandError(
    "process.failed", "make failed", cause="No compiler.", fix="Install gcc.", details="cc: not found"
)


def test_an_error_says_what_why_and_what_next(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = FAILURE
    done = airstrip("status")
    assert done.code == 1
    assert done.out == ""
    assert done.err.splitlines() == [
        "error: make failed  [process.failed]",
        "  cause: No compiler.",
        "  fix:   Install gcc.",
        "",
        "  | cc: not found",
    ]


def test_a_failure_in_json_is_the_document(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = FAILURE
    done = airstrip("status", "--json")
    assert done.code == 1
    assert (done.document["ok"], done.document["exitCode"], done.document["verb"]) == (False, 1, "status")
    assert done.document["errors"][0]["code"] == "process.failed"


def test_a_traceback_needs_debug(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = ZeroDivisionError("division by zero")
    plain = airstrip("status")
    assert plain.code == 1
    assert "internal.unexpected" in plain.err
    assert "Traceback" not in plain.err
    assert "Traceback" in airstrip("status", "--debug").err


def test_every_problem_of_a_file_is_shown_with_its_line(airstrip: Airstrip, facade: Facade) -> None:
    problems = [
        Problem("spec.unknown-key", "nme", "nme is not known", "Did you mean `name`?", "a.yaml", 2, 3, "  nme: x"),
        Problem("spec.secret-literal", "x", "a secret", "A reference.", "a.yaml", 1, 5),
    ]
    facade.answers["status"] = SpecError(problems)
    done = airstrip("status")
    assert done.code == 2
    assert done.err.splitlines() == [
        "error: a.yaml: 2 problems  [spec.invalid]",
        "",
        "a.yaml:1:5: a secret  [spec.secret-literal]",
        "  fix: A reference.",
        "",
        "a.yaml:2:3: nme is not known  [spec.unknown-key]",
        "  |   nme: x",
        "  |   ^",
        "  fix: Did you mean `name`?",
    ]
    assert [error["line"] for error in airstrip("status", "--json").document["errors"]] == [1, 2]


@pytest.mark.parametrize(
    "arguments", [("upp",), ("up", "--nope"), ("run",), ("status", "extra"), ("up", "--timeout", "x"), ("node", "x")]
)
def test_a_wrong_command_line_is_exit_code_2_in_json_too(airstrip: Airstrip, arguments: tuple[str, ...]) -> None:
    done = airstrip(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "usage.wrong-command-line" in done.err
    document = airstrip(*arguments, "--json").document
    assert document["exitCode"] == 2
    assert document["errors"][0]["code"] == "usage.wrong-command-line"


def begin_and_stop(emit: Callable[[object], None], *_: object, **__: object) -> None:
    emit(StepStarted("x.y", "Do it"))
    raise KeyboardInterrupt


@pytest.mark.parametrize("verb", ["up", "down"])
def test_ctrl_c_is_exit_code_130_with_one_line(airstrip: Airstrip, facade: Facade, verb: str) -> None:
    facade.answers[verb] = begin_and_stop
    done = airstrip(verb)
    assert done.code == 130
    _, line = done.err.splitlines()
    assert f"./airstrip {verb}" in line
    assert line.endswith("[usage.interrupted]")
    assert airstrip(verb, "--json").document["errors"][0]["code"] == "usage.interrupted"


@pytest.mark.parametrize("verb", ["up", "down"])
def test_ctrl_c_before_any_work_says_so(airstrip: Airstrip, facade: Facade, verb: str) -> None:
    facade.answers[verb] = KeyboardInterrupt()
    assert airstrip(verb).err == "interrupted: Nothing was changed.  [usage.interrupted]\n"


def ask_and_delete(emit: Callable[[object], None], confirm: Callable[[str], bool], **_: object) -> AnyResult:
    """As `down --data` and `node prune`."""
    if not confirm("Delete all of it?"):
        raise AirstripError("x.refused", "nothing was deleted")
    emit(StepStarted("x.y", "Delete it"))
    return Result("x", {"name": "airflow"})


DELETING = {"down --data": "down", "node prune": "prune", "node prune --everything": "prune"}


@pytest.mark.parametrize("line", DELETING)
def test_ctrl_c_at_a_question_has_deleted_nothing(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    facade.answers[DELETING[line]] = ask_and_delete
    monkeypatch.setattr(sys, "stdin", Interrupting())
    done = airstrip(*line.split())
    assert done.code == 130
    assert done.err.endswith("interrupted: Nothing was changed.  [usage.interrupted]\n")


@pytest.mark.parametrize("failure", [FAILURE, ZeroDivisionError("x"), KeyboardInterrupt(), begin_and_stop])
@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_with_json_stderr_has_json_lines_only(
    airstrip: Airstrip, facade: Facade, failure: object, debug: tuple[str, ...]
) -> None:
    facade.answers["up"] = failure
    done = airstrip("up", "--json", *debug)
    events = [json.loads(line) for line in done.err.splitlines()]
    assert ("traceback" in [event["event"] for event in events]) == bool(debug)
    assert done.document["ok"] is False


def test_with_json_a_question_is_a_line_too(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    facade.answers["down"] = ask_and_delete
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    done = airstrip("down", "--data", "--json")
    assert [json.loads(line)["event"] for line in done.err.splitlines()] == ["question"]
    assert done.document["errors"][0]["code"] == "x.refused"


@pytest.mark.parametrize(
    ("line", "help_of"),
    [("node bogus", "node"), ("node start --x", "node start"), ("bogus", ""), ("up --x", "up"), ("image x", "image")],
)
def test_a_wrong_command_line_names_a_help_that_is_there(airstrip: Airstrip, line: str, help_of: str) -> None:
    done = airstrip(*line.split())
    command = f"./airstrip {help_of} --help".replace("  ", " ")
    assert done.err.splitlines()[-1] == f"  fix:   See: {command}"
    assert airstrip(*help_of.split(), "--help").code == 0


def test_a_file_that_the_machine_refuses_is_no_defect(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = PermissionError(13, "Permission denied", "/x")
    done = airstrip("status")
    assert (done.code, done.err.splitlines()[0]) == (1, "error: /x: Permission denied  [file.refused]")


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_defect_though_a_write_names_no_file(airstrip: Airstrip, facade: Facade, reason: int) -> None:
    facade.answers["status"] = OSError(reason, "It is full")
    done = airstrip("status")
    assert (done.code, done.err.splitlines()[0]) == (1, "error: It is full  [file.refused]")


@pytest.mark.parametrize("buffering", ["", "1"])
@pytest.mark.parametrize("line", ["schema", "schema --json", "--help", "bogus --json"])
def test_an_output_that_is_full_is_told_once(tmp_path: Path, line: str, buffering: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "airstrip", *line.split()],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": buffering},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("file.refused") == 1
    if "--json" in line:
        (event,) = map(json.loads, done.stderr.splitlines())
        assert (event["event"], event["code"]) == ("error", "file.refused")
    else:
        assert done.stderr.startswith("error: No space left on device  [file.refused]\n")
    assert "Traceback" not in done.stderr


def fail_to_land(emit: Callable[[object], None], *_: object, **__: object) -> None:
    emit(StepStarted("node.start", "Start the node"))
    raise AirstripError("x.y", "it did not start", fix="Free some disk.")


def break_down(emit: Callable[[object], None], *_: object, **__: object) -> None:
    emit(StepStarted("node.start", "Start the node"))
    raise ZeroDivisionError


@pytest.mark.parametrize("failure", [fail_to_land, break_down])
def test_a_landing_that_failed_says_how_to_take_it_away(
    airstrip: Airstrip, facade: Facade, failure: Callable[..., None]
) -> None:
    facade.answers["up"] = failure
    (error,) = airstrip("up", "--json").document["errors"]
    clean_up = "What was made stays. `./airstrip up` goes on from there, `./airstrip down` takes it away."
    assert error["fix"].endswith(f". {clean_up}")
    assert f"{error['fix']}\n" in airstrip("up").err


def test_one_that_had_not_begun_says_nothing_of_it(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["up"] = AirstripError("node.not-root", "only root can", fix="As root.")
    assert airstrip("up").err.endswith("  fix:   As root.\n")


def test_a_question_without_a_terminal_is_a_usage_error(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["up"] = lambda _, confirm, **__: confirm("Install gcc now?")
    done = airstrip("up", "--json")
    assert done.code == 2
    assert done.document["errors"][0]["code"] == "usage.needs-confirmation"
    facade.answers["down"] = ask_and_delete
    done = airstrip("down", "--data")
    assert done.code == 2
    assert "Delete it" not in done.err
    assert airstrip("down", "--data", "--yes").code == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Interrupting(Terminal):
    # type: ignore, because the bases of StringIO do not agree on its arguments.
    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        raise KeyboardInterrupt


@pytest.mark.parametrize("line", DELETING)
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("n\n", 1), ("", 1)])
def test_deleting_asks_and_enter_does_not_agree(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, line: str, answer: str, code: int
) -> None:
    facade.answers[DELETING[line]] = ask_and_delete
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    done = airstrip(*line.split())
    assert done.code == code
    assert "[y/N]" in done.err


@pytest.mark.parametrize(("answer", "agreed"), [("\n", True), ("yes\n", True), ("no\n", False), ("", False)])
def test_installing_asks_and_enter_agrees(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool
) -> None:
    answers = []

    def up(_: object, confirm: Callable[[str], bool], **__: object) -> object:
        answers.append(confirm("Install gcc now?"))
        raise AirstripError("x.y", "stop")

    facade.answers["up"] = up
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    airstrip("up")
    assert answers == [agreed]
