"""What a landing that failed ends with."""

from __future__ import annotations

import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from airstrip.diagnose import ABSENT_CODES, RULES, DeploymentFact, Facts, Look, SecretValues
from airstrip.diagnose.namespace_facts import MissingFact
from airstrip.errors import AirflowError, AirstripError, WaitTimeout
from airstrip.events import Progress, discard
from airstrip.kube import Cluster, Lease
from airstrip.manifests import build_manifests
from airstrip.operations import Session, up
from airstrip.operations.plan import objects_of
from airstrip.operations.render import NOT_BUILT
from airstrip.operations.stages import Clock, Stages
from airstrip.place import PlaceFact
from airstrip.platform import Platform
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.target import Target, agree
from tests.unit.diagnose.making import pod, waiting
from tests.unit.operations.pushed_stand_ins import FreeLease

SPEC = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
# The package's name `up` is the function.
MODULE: Any = import_module("airstrip.operations.up")


def test_an_airflow_that_does_not_answer_is_waited_for_and_told() -> None:
    def dag(_: str) -> None:
        raise AirflowError("airflow.unreachable", "no answer")

    session = cast(Session, SimpleNamespace(airflow=SimpleNamespace(dag=dag), cluster=None))
    stages = Stages(session, discard, Clock(time.monotonic()), cast(Lease, FreeLease()))
    with pytest.raises(WaitTimeout) as told:
        stages.await_airflow([], cast(Progress, SimpleNamespace(say=print)))
    assert (told.value.code, told.value.cause) == ("airflow.not-ready", "Last state: no answer")


class Place:
    """A target that is ready, on a machine that says that it is stopped."""

    owns_cluster: ClassVar[bool] = True
    context: ClassVar[None] = None

    def check(self) -> tuple[()]:
        return ()

    def preview(self) -> Platform:
        return make_target(SPEC).preview()

    def facts(self) -> PlaceFact:
        return PlaceFact("local", "stopped")

    def describe(self) -> Platform:
        return self.preview()

    def ensure(self, *_: object) -> Platform:
        return self.preview()


@pytest.mark.parametrize("own", [(), ("deployment.not-running",)])
def test_whatever_fails_once_there_is_a_cluster_ends_with_what_doctor_finds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, own: tuple[str, ...]
) -> None:
    failure = AirstripError("x.y", "no images", cause="So.", fix="Mend it.", details="lines")
    said = failure.to_dict()
    monkeypatch.setattr(MODULE, "_OWN", own)
    assert ends_with(failure, monkeypatch, tmp_path) == ([] if own else ["deployment.not-running"])
    assert failure.to_dict() == said


def ends_with(failure: AirstripError, monkeypatch: pytest.MonkeyPatch, folder: Any) -> list[str]:
    """Codes of what an `up` is told with that fails so."""
    for name in ("STATE", "RUN", "CACHE"):
        monkeypatch.setenv(f"AIRSTRIP_{name}_DIR", str(folder / name.lower()))

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(MODULE, "ensure_images", fail)
    with pytest.raises(AirstripError) as raised:
        up(Session(SPEC, cast(Target, Place())), discard, agree, timeout=1)
    assert raised.value is failure
    return [finding.code for finding in failure.findings]


LANDED = objects_of(build_manifests(SPEC, Place().preview(), NOT_BUILT, {}))
NOT_YET = [
    MissingFact(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
    for item in LANDED
    if item["kind"] != "Job"
]


def seen(facts: Facts) -> Look:
    return Look(facts, SecretValues(lambda: cast(Cluster, None), DeploymentFact("d", "x", "y")))


def test_what_a_landing_has_not_come_to_yet_is_not_why_it_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """All of it is in the record before the first of it is applied."""
    assert {fact.kind for fact in NOT_YET} >= {"ConfigMap", "ServiceAccount", "Role", "Deployment", "Service"}
    monkeypatch.setattr("airstrip.operations.causes.look", lambda _: seen(Facts(missing=NOT_YET)))
    assert ends_with(AirstripError("x.y", "it failed"), monkeypatch, tmp_path) == []


def test_a_config_map_that_a_pod_asks_for_is_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    asks = pod("scheduler", waiting("CreateContainerConfigError", 'configmap "mine" not found'))
    monkeypatch.setattr("airstrip.operations.causes.look", lambda _: seen(Facts(pods=[asks], missing=NOT_YET)))
    assert ends_with(AirstripError("x.y", "it failed"), monkeypatch, tmp_path) == ["config-map.missing"]


def test_what_a_landing_has_not_come_to_yet_are_codes_of_rules() -> None:
    assert {rule.code for rule in RULES} >= MODULE._OWN | ABSENT_CODES
