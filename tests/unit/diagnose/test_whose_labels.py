"""Whose a pod or a Job is: charts and other Airflows label theirs with a component too, which no verb knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.cluster_probe import cluster_probes
from airstrip.kube import Cluster
from tests.unit.diagnose.making import HERE

COMPONENT, INSTANCE = "app.kubernetes.io/component", "app.kubernetes.io/instance"
OURS = {INSTANCE: HERE.name}
NOT_OURS: list[dict[str, str]] = [{}, {INSTANCE: "their-release"}]
FAILED = {"conditions": [{"type": "Failed", "status": "True", "message": "Job has reached the backoff limit"}]}
LOOPS = {"name": "main", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def found(kind: str, labels: dict[str, str], status: dict[str, Any]) -> Facts:
    """What the probes of a cluster read of one object, in a namespace that is not Airstrip's alone."""
    metadata = {"namespace": HERE.workers, "name": "it-1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    item = {"metadata": {**metadata, "labels": labels}, "spec": {}, "status": status}

    def listed(_: str, wanted: str, namespace: str) -> list[dict[str, Any]]:
        return [item] if (wanted, namespace) == (kind, HERE.workers) else []

    cluster = cast(Cluster, SimpleNamespace(list=listed))
    name = {"Pod": "pods", "Job": "jobs"}[kind]
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
