"""How a verb that failed on a deployment ends: its own error, and beneath it what `doctor` finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

import pytest

from airstrip.errors import AirflowError, AirstripError, KubernetesError, LockError, UsageError
from airstrip.events import Event, StepFailed, StepStarted
from airstrip.kube import Cluster
from airstrip.operations import Session, verify
from airstrip.operations.causes import ending_with_causes, find_causes
from airstrip.place import PlaceFact
from airstrip.platform import Platform
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.target import Target

SPEC = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
FAILED = KubernetesError("kubernetes.forbidden", "not allowed", cause="No right.", fix="Give it.", details="403")


@dataclass
class Place:
    """One whose machine says that it is stopped, or whatever else comes of looking at it."""

    owns_cluster: ClassVar[bool] = True
    context: ClassVar[None] = None

    look: Callable[[], PlaceFact] = lambda: PlaceFact("local", "stopped")
    is_there: bool = True

    def facts(self) -> PlaceFact:
        return self.look()

    def describe(self) -> Platform | None:
        return make_target(SPEC).preview() if self.is_there else None

    def kubeconfig(self) -> Path:
        return Path("kubeconfig")


class Refusing:
    """A cluster that refuses whatever it is asked."""

    def close(self) -> None:
        pass

    def __getattr__(self, _: str) -> Callable[..., object]:
        def refuse(*_: object, **__: object) -> object:
            raise FAILED

        return refuse


def session(place: Place) -> Session:
    return Session(SPEC, cast(Target, place), lambda *_, **__: cast(Cluster, Refusing()))


def end(place: Place, error: BaseException, *, own: tuple[str, ...] = ()) -> tuple[BaseException, list[Event]]:
    events: list[Event] = []
    with pytest.raises(type(error)) as raised, ending_with_causes(session(place), events.append, own=own):
        raise error
    return raised.value, events


def codes(error: BaseException) -> list[str]:
    assert isinstance(error, AirstripError)
    return [finding.code for finding in error.findings]


def test_an_error_keeps_all_that_it_says_and_gets_what_doctor_finds() -> None:
    error = AirstripError("x.y", "it failed", cause="So.", fix="Mend it.", details="lines")
    said = error.to_dict()
    raised, events = end(Place(), error)
    assert raised is error
    assert error.to_dict() == said
    assert codes(error) == ["deployment.not-running"]
    assert [event.title for event in events if isinstance(event, StepStarted)] == ["Look for the cause"]


def test_what_the_verb_brought_about_itself_is_no_cause() -> None:
    assert codes(end(Place(), AirstripError("x.y", "it failed"), own=("deployment.not-running",))[0]) == []


@pytest.mark.parametrize("kind", [UsageError, LockError])
def test_where_the_deployment_has_no_part_in_it_nobody_looks(kind: type[AirstripError]) -> None:
    error, events = end(Place(), kind("x.y", "not so"))
    assert (codes(error), events) == ([], [])


def test_a_mistyped_dag_says_nothing_of_the_deployment() -> None:
    error, events = end(Place(), AirflowError("airflow.dag-not-found", "Airflow knows no DAG d"))
    assert (codes(error), events) == ([], [])


@pytest.mark.parametrize("met", [OSError(5, "Input/output error"), KeyError("subnets")])
def test_what_is_met_while_the_place_is_asked_does_not_replace_the_error(met: Exception) -> None:
    class Unreadable(Place):
        def describe(self) -> Platform | None:
            raise met

    error, events = end(Unreadable(), AirstripError("x.y", "it failed"))
    assert (codes(error), events) == ([], [])


def test_without_a_cluster_nobody_looks() -> None:
    error, events = end(Place(is_there=False), AirstripError("x.y", "it failed"))
    assert (codes(error), events) == ([], [])


def test_a_defect_met_while_looking_is_told_beneath_the_error_and_can_be_traced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(_: object, **__: object) -> None:
        raise KeyError("state")

    monkeypatch.setattr("airstrip.diagnose.look.diagnose", stumble)
    error, _ = end(Place(), AirstripError("x.y", "it failed"))
    assert isinstance(error, AirstripError)
    (finding,) = error.findings
    assert (error.code, finding.code) == ("x.y", "internal.unexpected")
    assert "KeyError: 'state'" in finding.symptom
    assert isinstance(finding.origin, KeyError)
    assert finding.origin.__traceback__ is not None


def test_ctrl_c_ends_the_look_and_not_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("airstrip.diagnose.look.diagnose", interrupt)
    error, events = end(Place(), AirstripError("x.y", "it failed"))
    assert codes(error) == []
    assert isinstance(events[-1], StepFailed)


def test_ctrl_c_before_any_error_is_ctrl_c() -> None:
    assert isinstance(end(Place(), KeyboardInterrupt())[0], KeyboardInterrupt)


def test_what_could_not_be_looked_at_is_no_cause() -> None:
    def stumble(*_: object, **__: object) -> Cluster:
        raise KeyError("clusters")

    ready = Place(lambda: PlaceFact("local", "ready"))
    assert find_causes(Session(SPEC, cast(Target, ready), stumble), lambda _: None) == []


def test_a_verify_that_does_not_get_its_lease_ends_with_what_doctor_finds() -> None:
    with pytest.raises(KubernetesError) as raised:
        verify(session(Place()), lambda _: None, timeout=5)
    assert raised.value is FAILED
    assert codes(raised.value) == ["deployment.not-running"]
