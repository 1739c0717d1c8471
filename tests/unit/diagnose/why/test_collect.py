"""Whose pods are looked at."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.diagnose.facts import ClaimFact, ContainerFact, Facts, PodFact
from airstrip.diagnose.why import Where, add_cluster, explain
from airstrip.kube import Cluster
from tests.unit.diagnose.why.making import POD, TASK, event, facts, gone, raised, there
from tests.unit.diagnose.why.reason_cases import NO_CLAIM

KILLED = ContainerFact("main", "i", "running", ready=True, restarts=1, last_reason="OOMKilled", last_ended=9e5)


@pytest.mark.parametrize(("component", "code"), [("scheduler", "task.exception"), ("task", "pod.oom-killed")])
def test_with_the_executor_local_the_scheduler_s_pod_is_not_the_task_s(component: str, code: str) -> None:
    """It was killed last week; the task raised a moment ago."""
    pod = PodFact("airflow", "host-1", component, "", "Running", 9e5, containers=(KILLED,))
    task = replace(TASK, state="failed", hostname="host-1")
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_, **__: []))
    seen = facts("failed", task=task, asked=task, pods=(), **raised("ValueError: no such day"))
    found = add_cluster(seen, cluster, Where("airflow", "airflow", "airflow-workers", 32), Facts(pods=(pod,)))
    assert explain(found)[0].code == code


def test_the_claims_that_the_task_s_pod_waits_for_are_looked_at_and_no_others() -> None:
    """With what was noted of them; another pod's are another task's trouble."""
    waits = PodFact("airflow-workers", POD, "task", "", "Pending", 60.0, unschedulable=NO_CLAIM, claims=("scratch",))
    claims = [ClaimFact("airflow-workers", name, "Pending") for name in ("lost", "scratch")]
    claims[0] = replace(claims[0], phase="Lost")
    noted = event("ProvisioningFailed", "no space in the pool", "scratch")
    noted = replace(noted, about="PersistentVolumeClaim/scratch")
    seen = Facts(pods=(waits, replace(waits, name="other", claims=("lost",))), claims=claims, events=(noted,))
    task = replace(TASK, state="queued", hostname=POD)
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_, **__: []))
    known = facts("queued", task=task, asked=task, pods=())
    found = explain(add_cluster(known, cluster, Where("airflow", "airflow", "airflow-workers", 32), seen))
    assert [(finding.code, finding.cause) for finding in found] == [("volume.not-bound", "no space in the pool.")]
    assert found[0].symptom == "claim scratch in airflow-workers has no volume"
    assert "airstrip up" not in found[0].fix


@pytest.mark.parametrize("cluster", [gone(event("FailedScheduling", NO_CLAIM)), there(unschedulable=NO_CLAIM)])
def test_where_no_claim_was_seen_the_scheduler_s_words_tell_of_it(cluster: dict[str, Any]) -> None:
    (finding,) = explain(facts("queued", **cluster))
    assert (finding.code, finding.cause) == ("pod.unschedulable", NO_CLAIM)
