"""Whoever tells or keeps what was seen of a deployment strikes its secrets out: each verb, with one planted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from airstrip.diagnose import Look, look
from airstrip.events import Event, Warned
from airstrip.kube import Cluster, connect
from airstrip.operations import Session
from airstrip.operations.causes import find_causes
from airstrip.operations.doctor import doctor
from airstrip.place import PlaceFact
from airstrip.targets.target import Target
from tests.unit.diagnose.telling import HERE, SECRETS, telling_server
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
