"""Pods that the API server does not take, where some of the same are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.namespace_facts import WorkloadFact
from tests.unit.diagnose.making import HERE, event, pod, running

TWO = WorkloadFact("Deployment", "airflow", "api-server", "api-server", 2, 1)
FIRST = pod("api-server", running(ready=True), phase="Running", owner="ReplicaSet/api-server-abc")
REFUSALS = {
    'pods "x" is forbidden: exceeded quota: small, requested: count/pods=1': "namespace.quota",
    'pods "x" is forbidden: maximum memory usage per Container is 16Mi, but limit is 1Gi': "namespace.limit-range",
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged': "pod.security-violation",
    'admission webhook "guard.example.com" denied the request: no': "webhook.denied",
    "Pod x is invalid: spec.containers[0].image: Required value": "component.not-ready",
}


def part_way(message: str, workload: WorkloadFact = TWO) -> Facts:
    seen = event("ReplicaSet/api-server-abc", "FailedCreate", f"Error creating: {message}")
    return Facts(deployment=HERE, pods=[FIRST], workloads=[workload], events=[seen])


@pytest.mark.parametrize("message", REFUSALS)
def test_a_second_replica_that_is_refused_is_told_of(message: str) -> None:
    (finding,) = diagnose(part_way(message))
    assert (finding.code, message in finding.evidence) == (REFUSALS[message], True)


@pytest.mark.parametrize("message", REFUSALS)
@pytest.mark.parametrize("workload", [replace(TWO, ready=2), replace(TWO, wanted=1)])
def test_where_none_is_lacking_it_is_past(message: str, workload: WorkloadFact) -> None:
    assert diagnose(part_way(message, workload)) == []
