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
from airstrip.operations.causes import ending_with_causes, find_causes
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
