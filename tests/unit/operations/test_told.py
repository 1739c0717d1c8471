"""Whoever tells or keeps what was seen of a deployment strikes its secrets out: each verb, with one planted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from traceback import format_exception
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.diagnose import Look, look
from airstrip.errors import WaitTimeout
from airstrip.events import Event, Warned, discard
from airstrip.kube import Cluster, connect
from airstrip.operations import Session
from airstrip.operations.causes import ending_with_causes, find_causes, look_for_causes
from airstrip.operations.doctor import doctor
from airstrip.operations.properties import Outcome, Property, Scene
from airstrip.place import PlaceFact
from airstrip.targets.target import Target
from tests.unit.diagnose.telling import HERE, KEPT, SECRETS, telling_server
from tests.unit.operations.test_causes import SPEC, Place


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Of a deployment whose every message holds secrets."""
    assert SPEC.namespaces.control == HERE
    place = Place(lambda: PlaceFact("local", "ready"))
    with telling_server(tmp_path) as path:

        def connected(*_: object, **__: object) -> Cluster:
            return connect(path, direct=True)

        yield Session(SPEC, cast(Target, place), connected)


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_doctor_tells_and_keeps_none(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    result = doctor(session, file)
    said, kept = json.dumps(result.to_document()), file.read_text()
    assert "***" in said
    assert "and ***" in kept
    assert leaked(said) == leaked(kept) == []


def test_what_a_verb_that_failed_ends_with_tells_none(session: Session) -> None:
    said = json.dumps([finding.to_dict() for finding in find_causes(session, lambda _: None)])
    assert "***" in said
    assert leaked(said) == []


def test_what_nobody_had_time_to_look_through_is_told_of(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "KEEPING_SECONDS", 0.0)
    file = tmp_path / "facts.json"
    warning = doctor(session, file).data["warning"]
    own, unkept = warning.split(". ")
    assert own == (
        f"Not all Secrets could be read (forbidden in {SPEC.namespaces.workers}): of the others, only what has the form"
        " of a secret is struck out"
    )
    assert unkept.endswith(f" texts stand in {file} as ***: there was no time to look for secrets in them.")
    assert "and ***" not in file.read_text()


def test_what_a_verb_ends_with_says_what_is_not_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Look.redaction, "__kwdefaults__", {"seconds": 0.0})
    events: list[Event] = []
    assert find_causes(session, events.append)
    (warned,) = events
    assert isinstance(warned, Warned)
    assert warned.code == "failure.struck-out"
    assert "as ***: there was no time to look for secrets in them." in warned.message


def test_the_error_that_a_verb_ends_with_tells_none(session: Session) -> None:
    """What a pod logged by no name that tells of a secret is known by its value only."""
    fix = "Log in: --username NAME --password env:NAME"
    message = f"Job migration failed: it is {KEPT}"
    error = WaitTimeout("job.failed", message, cause=KEPT, fix=f"{fix}, not {KEPT}", details=KEPT)
    with pytest.raises(WaitTimeout) as raised, ending_with_causes(session, discard):
        raise error from ValueError(f"it is {KEPT}")
    assert raised.value.to_dict() == {
        "code": "job.failed",
        "message": "Job migration failed: it is ***",
        "cause": "***",
        "fix": f"{fix}, not ***",
        "details": "***",
    }
    told = [line for line in format_exception(raised.value) if "Error: " in line or "WaitTimeout: " in line]
    assert told[0].endswith("ValueError: it is ***\n")
    assert leaked(told[-1]) == []


def ending(session: Session, **texts: str) -> tuple[dict[str, Any], list[Warned]]:
    """What an error says in the end, and what was warned of."""
    events: list[Event] = []
    with pytest.raises(WaitTimeout) as raised, ending_with_causes(session, events.append):
        raise WaitTimeout("job.failed", f"Job migration failed: it is {KEPT}", **texts)
    return raised.value.to_dict(), [event for event in events if isinstance(event, Warned)]


def test_the_error_is_told_however_long_its_secrets_are_looked_for(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Look.redaction, "__kwdefaults__", {"seconds": 0.0})
    error, warned = ending(session, cause="The database is away.", fix="Run: ./airstrip up", details="no route")
    assert error["message"] == "Job migration failed: it is ***"
    assert (error["cause"], error["fix"]) == ("The database is away.", "Run: ./airstrip up")
    assert error["details"] == "no route"
    # Of what was found, for which there was no time.
    assert {each.fix for each in warned} == {"See all that is found: ./airstrip doctor"}


def test_of_long_details_the_end_is_told(session: Session) -> None:
    log = "waits for the database\n" * 20_000
    error, warned = ending(session, details=f"{log}it is {KEPT}\ngives up")
    assert error["details"].startswith("…\nwaits for the database\n")
    assert error["details"].endswith("waits for the database\nit is ***\ngives up")
    assert len(error["details"]) < len(log)
    assert warned == []


def test_what_stands_nowhere_else_is_not_said_to_be_told_by_doctor(session: Session) -> None:
    error, (warned,) = ending(session, details="x" * 300_000)
    assert (error["message"], error["details"]) == ("Job migration failed: it is ***", "***")
    assert warned.message == "1 text stands here as ***: too long to look for secrets in it."
    assert "doctor" not in warned.fix
    assert "./airstrip logs" in warned.fix


def test_what_verify_concludes_tells_none(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    verify: Any = import_module("airstrip.operations.verify")
    monkeypatch.setattr(verify, "clean", lambda *_, **__: [])

    def proves(_: Scene) -> Outcome:
        return Outcome("proved", f"it is {KEPT}", limits=[f"but for {KEPT}"])

    def fails(_: Scene) -> Outcome:
        raise WaitTimeout("verify.no-look", f"it says {KEPT}", details=KEPT)

    def stumbles(_: Scene) -> Outcome:
        raise TypeError(f"{KEPT} is no number")

    scene: Any = SimpleNamespace(
        session=session, is_down=True, meet_airflow=lambda: None, start=lambda _: None, notice=lambda _: None
    )
    names = {"web": proves, "fernet": fails, "xcom": stumbles}
    rows, findings = verify._prove(
        scene, [Property(cast(Any, name), name, prove) for name, prove in names.items()], discard
    )
    said = json.dumps([rows, [finding.to_dict() for finding in findings]])
    assert leaked(said) == []
    assert [row["text"] for row in rows][:2] == ["it is ***", "it says ***"]
    assert rows[0]["limits"] == ["but for ***"]
    assert (findings[-2].evidence, findings[-1].code) == ("***", "verify.unforeseen")
    assert str(findings[-1].origin) == "*** is no number"


def test_verify_s_own_words_are_not_said_to_be_told_by_doctor(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify: Any = import_module("airstrip.operations.verify")
    monkeypatch.setattr(verify, "_STRIKING_SECONDS", 0.0)
    events: list[Event] = []
    causes = look_for_causes(session, discard)
    proves = Property("web", "web", lambda _: Outcome("failed", "", None))
    (row,), _ = verify._told([(proves, Outcome("failed", "no page"), 1.0)], causes, events.append)
    assert row["text"] == "***"
    (warned,) = events
    assert isinstance(warned, Warned)
    assert "doctor" not in warned.fix
