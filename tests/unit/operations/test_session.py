"""What a session knows of its place is asked anew once it is closed, landed again or taken away."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from airstrip.errors import AirflowError, AirstripError
from airstrip.events import discard
from airstrip.kube import Cluster
from airstrip.operations import Session, down, up
from airstrip.place import PlaceFact
from airstrip.platform import Platform
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.target import Target, agree


@dataclass
class Place:
    """A target of which each landing has another port and another password."""

    owns_cluster: ClassVar[bool] = True
    outlasts_down: ClassVar[bool] = False
    context: ClassVar[None] = None
    title: ClassVar[str] = "the node of this machine"

    first: Platform
    landing: int = 1
    closed: list[int] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    destroyed: bool = False
    fails: bool = False

    def check_rights(self) -> None:
        pass

    def check(self) -> tuple[()]:
        return ()

    def preview(self) -> Platform:
        return self.first

    def condition(self) -> str:
        return "ready"

    def facts(self) -> PlaceFact:
        return PlaceFact("local", "ready")

    def describe(self) -> Platform:
        return replace(self.first, base_url=f"http://localhost:{self.landing}")

    def kubeconfig(self) -> Path:
        return Path(str(self.landing))

    def ensure(self, *_: object) -> Platform:
        self.landing += 1
        return self.describe()

    def destroy(self, *_: object, **__: object) -> list[Any]:
        if self.fails:
            raise AirstripError("x.y", "it failed")
        self.destroyed = True
        return []

    def connect(self, kubeconfig: Path, _: str | None, *, direct: bool) -> Cluster:
        assert direct
        return cast("Cluster", _Connection(self, int(str(kubeconfig))))

    def refuse(self, question: str) -> bool:
        self.questions.append(question)
        return False


@dataclass
class _Connection:
    place: Place
    landing: int

    def get(self, *_: object) -> dict[str, Any]:
        values = {"username": "airstrip", "password": f"password-{self.landing}"}
        return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}}

    def close(self) -> None:
        self.place.closed.append(self.landing)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("STATE", "RUN", "CACHE"):
        monkeypatch.setenv(f"AIRSTRIP_{name}_DIR", str(tmp_path / name.lower()))
    spec = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
    return Place(make_target(spec).preview())


@pytest.fixture
def session(place: Place) -> Session:
    """One that has connected to the first landing."""
    spec = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
    session = Session(spec, cast("Target", place), place.connect)
    assert address(session) == "http://localhost:1"
    return session


def address(session: Session) -> str:
    """Where its client asks: nothing listens on ports as low as these."""
    with pytest.raises(AirflowError) as raised:
        session.airflow.log_in()
    return raised.value.message.split()[2]


def land_anew(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `up` that fails once the place is there."""

    def fail(*_: object) -> None:
        raise AirstripError("x.y", "no images")

    monkeypatch.setattr(import_module("airstrip.operations.up"), "ensure_images", fail)
    with pytest.raises(AirstripError, match="no images"):
        up(session, discard, agree, timeout=1)


def take_away(session: Session, _: pytest.MonkeyPatch) -> None:
    down(session, discard, agree, data=True)
    cast("Place", session.target).landing += 1


def fail_to_take_away(session: Session, _: pytest.MonkeyPatch) -> None:
    place = cast("Place", session.target)
    place.fails = True
    with pytest.raises(AirstripError, match="it failed"):
        down(session, discard, agree, data=True)
    place.landing += 1


def close(session: Session, _: pytest.MonkeyPatch) -> None:
    session.close()
    cast("Place", session.target).landing += 1


@pytest.mark.parametrize(
    ("verb", "closed"),
    [
        # The second is the look for the cause, which connects to the new landing by itself.
        (land_anew, [1, 2]),
        (take_away, [1]),
        (fail_to_take_away, [1]),
        (close, [1]),
    ],
)
def test_what_was_known_is_asked_anew(
    session: Session, place: Place, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., None], closed: list[int]
) -> None:
    first = session.airflow
    verb(session, monkeypatch)
    assert place.closed == closed
    assert session.platform.base_url == "http://localhost:2"
    assert session.airflow is not first
    assert address(session) == "http://localhost:2"
    assert session.read_secret("any")["password"] == "password-2"


def test_down_asks_before_it_deletes_data(session: Session, place: Place) -> None:
    with pytest.raises(AirstripError) as raised:
        down(session, discard, place.refuse, data=True)
    assert raised.value.code == "down.refused"
    assert place.questions == [
        "Delete all data of airflow in the node of this machine: database, logs, runs, projects, passwords?"
    ]
    assert not place.destroyed


def test_down_that_keeps_data_asks_nothing(session: Session, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("airstrip.operations.down"), "_delete_objects", lambda *_: None)
    down(session, discard, place.refuse, data=False)
    assert (place.questions, place.destroyed) == ([], True)
