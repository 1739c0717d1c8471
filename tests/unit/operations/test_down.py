"""What `down` says where the cluster goes on and does not let itself be emptied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError, KubernetesError
from airstrip.events import Event, discard
from airstrip.operations import Session, down
from airstrip.platform import Platform
from airstrip.spec import Database, load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target
from airstrip.targets.target import agree

SPEC = load_spec(None, TARGET_SPECS)


@dataclass
class Place:
    """A cluster of its own; `tells` is whether anything is known of it."""

    outlasts_down: bool
    tells: bool = True
    state: str = "ready"
    owns_cluster: bool = True
    context: None = None
    title: str = "the cluster"
    destroyed: bool = False

    def check_rights(self) -> None:
        pass

    def condition(self) -> str:
        return self.state

    def describe(self) -> Platform | None:
        return make_target(SPEC).preview() if self.tells else None

    def kubeconfig(self) -> Path:
        return Path("kubeconfig")

    def destroy(self, *_: object, **__: object) -> list[Any]:
        self.destroyed = True
        return []


def refuse(*_: object) -> Any:
    raise KubernetesError("kubernetes.unreachable", "it is away")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "RUN", "CACHE"):
        monkeypatch.setenv(f"AIRSTRIP_{name}_DIR", str(tmp_path / name.lower()))


def session_of(place: Place) -> Session:
    cluster = SimpleNamespace(get=refuse, close=lambda: None)
    return Session(SPEC, cast(Any, place), cast(Any, lambda *_, **__: cluster))


def test_objects_that_were_not_deleted_are_no_success_where_the_cluster_goes_on() -> None:
    place = Place(outlasts_down=True)
    with pytest.raises(KubernetesError):
        down(session_of(place), discard, agree, data=False)
    assert place.destroyed is False


def test_a_place_that_is_stopped_afterwards_is_stopped_all_the_same() -> None:
    place, told = Place(outlasts_down=False), list[Event]()
    down(session_of(place), told.append, agree, data=False)
    assert place.destroyed is True
    assert any(getattr(each, "code", "") == "kubernetes.unreachable" for each in told)


def test_one_that_runs_and_tells_nothing_of_itself_is_not_empty() -> None:
    """Its kubeconfig is lost and cannot be had, or it does not answer."""
    with pytest.raises(AirstripError):
        down(session_of(Place(outlasts_down=True, tells=False)), discard, agree, data=False)
    down(session_of(Place(outlasts_down=True, tells=False, state="stopped")), discard, agree, data=False)
    down(session_of(Place(outlasts_down=False, tells=False)), discard, agree, data=False)


def test_who_is_asked_is_told_what_goes_and_what_stays_of_databases() -> None:
    asked: list[str] = []
    spec = SPEC.model_copy(update={"database": Database(url="env:URL")})
    session = Session(spec, cast(Any, Place(outlasts_down=True)))

    def refuses(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(AirstripError):
        down(session, discard, refuses, data=True)
    (question,) = asked
    assert "Its database stays" in question
    assert "PostgreSQL that was in the cluster before goes with its volume" in question
