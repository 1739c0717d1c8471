"""Whose a pod, a Job or a claim is: charts and other Airflows label theirs with a component too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.cluster_probe import cluster_probes
from airstrip.diagnose.facts import ClaimFact
from airstrip.kube import Cluster
from tests.unit.diagnose.cluster_cases import NO_CLAIM
from tests.unit.diagnose.making import HERE, pod

COMPONENT, INSTANCE = "app.kubernetes.io/component", "app.kubernetes.io/instance"
OURS = {INSTANCE: HERE.name}
NOT_OURS: list[dict[str, str]] = [{}, {INSTANCE: "their-release"}]
FAILED = {"conditions": [{"type": "Failed", "status": "True", "message": "Job has reached the backoff limit"}]}
LOOPS = {"name": "main", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def found(kind: str, labels: dict[str, str], status: dict[str, Any]) -> Facts:
    """What the probe of a kind reads of one object, in a namespace that is not Airstrip's alone."""
    metadata = {"namespace": HERE.workers, "name": "it-1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    item = {"metadata": {**metadata, "labels": labels}, "spec": {}, "status": status}

    def listed(_: str, wanted: str, namespace: str) -> list[dict[str, Any]]:
        return [item] if (wanted, namespace) == (kind, HERE.workers) else []

    cluster = cast(Cluster, SimpleNamespace(list=listed))
    name = {"Pod": "pods", "Job": "jobs", "PersistentVolumeClaim": "storage"}[kind]
    deployment = DeploymentFact(HERE.name, HERE.control, HERE.workers)
    (probe,) = (each for each in cluster_probes(lambda: cluster, deployment) if each.name == name)
    return probe.collect(Facts())


def fix(facts: Facts) -> str:
    (finding,) = diagnose(facts)
    return finding.fix


@pytest.mark.parametrize("labels", NOT_OURS)
def test_a_job_of_a_chart_is_not_landed_by_up_nor_read_by_logs(labels: dict[str, str]) -> None:
    facts = found("Job", {**labels, COMPONENT: "etl"}, FAILED)
    assert fix(facts).startswith("Mend what its log says (kubectl -n airflow-workers logs job/it-1), then make it anew")


@pytest.mark.parametrize("component", ["worker", "scheduler", "task"])
@pytest.mark.parametrize("labels", NOT_OURS)
def test_a_pod_of_a_chart_is_changed_where_it_was_made(component: str, labels: dict[str, str]) -> None:
    facts = found("Pod", {**labels, COMPONENT: component}, {"phase": "Running", "containerStatuses": [LOOPS]})
    assert "then change it where it is made" in fix(facts)


@pytest.mark.parametrize(
    ("component", "again"),
    [("scheduler", "then run: ./airstrip up"), ("task", "then change it in the task's pod_override")],
)
def test_a_pod_of_ours_or_of_our_executor_s_is_told_as_such(component: str, again: str) -> None:
    facts = found("Pod", {**OURS, COMPONENT: component}, {"phase": "Running", "containerStatuses": [LOOPS]})
    assert again in fix(facts)


def test_a_job_of_ours_is_landed_again() -> None:
    facts = found("Job", {**OURS, COMPONENT: "migration"}, FAILED)
    assert fix(facts) == "Mend what its log says (./airstrip logs migration), then run: ./airstrip up"


DELETE = "kubectl -n airflow-workers delete pvc it-1"
APPLY = "kubectl -n airflow-workers apply -f FILE"


@pytest.mark.parametrize(
    ("labels", "again"),
    [
        ({**OURS, COMPONENT: "logs"}, "run: ./airstrip up"),
        ({}, f"make it anew: {APPLY}"),
        ({COMPONENT: "logs"}, f"make it anew: {APPLY}"),
        ({INSTANCE: "their-release", COMPONENT: "logs"}, f"make it anew: {APPLY}"),
    ],
)
def test_a_lost_claim_is_made_anew_by_who_made_it(labels: dict[str, str], again: str) -> None:
    facts = found("PersistentVolumeClaim", labels, {"phase": "Lost"})
    assert fix(facts) == f"Delete the claim: {DELETE}; then {again}"


@pytest.mark.parametrize(
    ("component", "instead"),
    [("logs", "let Airstrip make it: ./airstrip up"), ("", f"put another one in its place: {DELETE}; {APPLY}")],
)
def test_up_makes_no_claim_in_the_place_of_a_user_s_own(component: str, instead: str) -> None:
    waits = pod("task", namespace=HERE.workers, unschedulable=NO_CLAIM, claims=("it-1",))
    facts = Facts(pods=[waits], claims=[ClaimFact(HERE.workers, "it-1", "Pending", component=component)])
    assert fix(facts) == f"Make a volume or a StorageClass that fits the claim, or {instead}"
