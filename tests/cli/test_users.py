"""The verbs of `users`: where a password comes from, and where it never goes."""

from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airstrip.result import AnyResult, Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade
from tests.cli.test_failures import Terminal

Airstrip = Callable[..., Outcome]
SECRET = "correct horse"
ADA = {
    "username": "ada",
    "roles": ["Viewer"],
    "email": "ada@localhost",
    "firstName": "ada",
    "lastName": "-",
    "active": True,
    "lastLogin": None,
    "own": False,
}
OWN = {**ADA, "username": "airstrip", "roles": ["Admin"], "lastLogin": "2026-11-21T09:04:05.123456", "own": True}
LINES = ["users add ada", "users reset-password ada"]


@pytest.fixture(autouse=True)
def _answers(facade: Facade) -> None:
    def add(name: str, password: str | None, *_: object, **__: object) -> AnyResult:
        return Result("users add", {**ADA, **({"password": "made-up"} if password is None else {})})

    def reset(name: str, password: str | None, *_: object) -> AnyResult:
        return Result("users reset-password", add(name, password).data)

    facade.answers |= {"add_user": add, "reset_password": reset}
    facade.answers["users"] = Result("users list", {"name": "airflow", "users": [ADA, OWN]})


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str | BaseException) -> None:
    """A terminal on which each question is answered in turn."""
    left: Iterator[str | BaseException] = iter(answers)

    def answer(prompt: str) -> str:
        following = next(left)
        if isinstance(following, BaseException):
            raise following
        return following

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", answer)


def test_the_list_is_a_table(airstrip: Airstrip) -> None:
    assert airstrip("users", "list").out.splitlines() == [
        "airflow: 2 accounts",
        "  ada       Viewer  never logged in",
        "  airstrip  Admin   last log-in 2026-11-21 09:04  Airstrip's own",
    ]
    assert airstrip("users", "list", "--json").document["data"]["users"][0]["email"] == "ada@localhost"


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("content", [SECRET.encode(), f"{SECRET}\n".encode(), f"{SECRET}\r\n".encode()])
def test_a_password_from_stdin_or_a_file_is_a_line(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, line: str, content: bytes
) -> None:
    stdin(monkeypatch, content)
    Path("password").write_bytes(content)
    for way in (["--password-stdin"], ["--password-file", "password"]):
        done = airstrip(*line.split(), *way)
        assert (done.code, facade.calls[-1][1][:2]) == (0, ("ada", SECRET))
        assert SECRET not in done.out + done.err


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"correct horse\nbattery\n", b"correct horse" * 1000])
def test_what_is_no_password_is_refused_and_not_repeated(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    stdin(monkeypatch, content)
    done = airstrip("users", "add", "ada", "--password-stdin", "--debug")
    assert done.code == 2
    assert "users.password-unreadable" in done.err
    assert SECRET not in done.out + done.err
    assert facade.calls == []


def test_a_file_that_cannot_be_read(airstrip: Airstrip) -> None:
    done = airstrip("users", "add", "ada", "--password-file", "absent")
    assert (done.code, "users.password-unreadable" in done.err) == (2, True)


@pytest.mark.parametrize("line", LINES)
def test_a_password_is_asked_for_twice(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    typed(monkeypatch, SECRET, SECRET)
    done = airstrip(*line.split())
    assert (done.code, facade.calls[-1][1][:2]) == (0, ("ada", SECRET))
    assert done.err == "New password of ada: Once more: "
    assert SECRET not in done.out
    typed(monkeypatch, SECRET, "correct house")
    differing = airstrip(*line.split())
    assert (differing.code, "users.passwords-differ" in differing.err) == (2, True)
    assert len(facade.calls) == 1


@pytest.mark.parametrize("failure", [EOFError(), getpass.GetPassWarning("Can not control echo")])
def test_a_terminal_that_gives_none(airstrip: Airstrip, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    typed(monkeypatch, failure)
    done = airstrip("users", "add", "ada")
    assert (done.code, "usage.needs-password" in done.err) == (2, True)


def test_ctrl_c_at_the_prompt_has_changed_nothing(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, KeyboardInterrupt())
    done = airstrip("users", "reset-password", "ada")
    assert (done.code, done.err.split(": ", 1)[1]) == (130, "interrupted: Nothing was changed.  [usage.interrupted]\n")
    assert facade.calls == []


@pytest.mark.parametrize("line", LINES)
def test_no_password_without_a_terminal_is_exit_code_2(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    stdin(monkeypatch, SECRET.encode())
    done = airstrip(*line.split(), "--json")
    assert (done.code, done.document["errors"][0]["code"]) == (2, "usage.needs-password")
    assert "--password-stdin" in done.document["errors"][0]["fix"]
    assert facade.calls == []


@pytest.mark.parametrize("line", LINES)
def test_a_generated_password_stands_alone(airstrip: Airstrip, facade: Facade, line: str) -> None:
    done = airstrip(*line.split(), "--generate")
    assert (done.code, done.out) == (0, "made-up\n")
    assert airstrip(*line.split(), "--generate", "--json").document["data"]["password"] == "made-up"
    assert facade.calls[-1][1][:2] == ("ada", None)


def test_one_way_is_enough(airstrip: Airstrip) -> None:
    done = airstrip("users", "add", "ada", "--generate", "--password-stdin")
    assert (done.code, "usage.wrong-command-line" in done.err) == (2, True)


@pytest.mark.parametrize("more", [["hunter2"], ["--password", "hunter2"], ["--password=hunter2"], ["-phunter2"]])
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_password_as_an_argument_is_refused_and_not_repeated(
    airstrip: Airstrip, facade: Facade, more: list[str], json: list[str]
) -> None:
    for line in LINES:
        done = airstrip(*line.split(), *more, *json, "--debug")
        assert done.code == 2
        assert "hunter2" not in done.out + done.err
    assert facade.calls == []


def test_an_account_s_words_reach_the_facade(airstrip: Airstrip, facade: Facade) -> None:
    line = "users add ada --generate --role Op --email a@b --first-name Ada --last-name L"
    assert airstrip(*line.split()).code == 0
    assert facade.calls[-1][2] == {"role": "Op", "email": "a@b", "first_name": "Ada", "last_name": "L"}
    facade.answers["set_role"] = Result("users set-role", {**ADA, "roles": ["Op"]})
    assert airstrip("users", "set-role", "ada", "Op").out == "ada has the role Op.\n"
    assert facade.calls[-1][1][:2] == ("ada", "Op")


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("\n", False), ("", False)])
def test_deleting_asks_and_enter_does_not_agree(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool
) -> None:
    answers = []

    def delete(name: str, _: object, confirm: Callable[[str], bool]) -> AnyResult:
        answers.append(confirm(f"Delete {name}?"))
        return Result("users delete", {"username": name})

    facade.answers["delete_user"] = delete
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    done = airstrip("users", "delete", "ada")
    assert answers == [agreed]
    assert "[y/N]" in done.err


def test_deleting_without_a_terminal_needs_yes(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(name: str, _: object, confirm: Callable[[str], bool]) -> AnyResult:
        assert confirm(f"Delete {name}?")
        return Result("users delete", {"username": name})

    facade.answers["delete_user"] = delete
    stdin(monkeypatch, b"y\n")
    done = airstrip("users", "delete", "ada", "--json")
    assert (done.code, done.document["errors"][0]["code"]) == (2, "usage.needs-confirmation")
    done = airstrip("users", "delete", "admin", "--yes")
    assert done.code == 0
    assert "./airstrip users add admin --role Admin" in done.out


def test_up_names_no_admin_that_was_deleted(airstrip: Airstrip, facade: Facade) -> None:
    landed = {"name": "airflow", "airflow": "3.3.2", "url": "http://x", "username": None}
    facade.answers["up"] = Result("up", landed)
    out = airstrip("up").out
    assert "open --password" not in out
    assert "./airstrip users list" in out
