"""Whose pods are looked at."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.diagnose.facts import ContainerFact, Facts, PodFact
from airstrip.diagnose.why import Where, add_cluster, explain
from airstrip.kube import Cluster
from tests.unit.diagnose.why.making import TASK, facts, raised

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
