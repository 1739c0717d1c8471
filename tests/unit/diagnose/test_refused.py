"""Pods that the API server does not take, where some of the same are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.diagnose.namespace_facts import WorkloadFact
from tests.unit.diagnose.airflow_cases import ENDED_EARLY
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


BODY = (
    'HTTP response body: {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"SAID",'
    '"reason":"Forbidden","details":{"name":"d-load-x1","kind":"pods"},"code":403}'
)
TRIED = "[Try 1 of 5] Kube ApiException for Task: (KEY). Reason: 'Internal Server Error'. Message: SAID"
POD = r"pods \"d-load-x1\" is forbidden: "
LIMIT = "maximum memory usage per Container is 16Mi, but limit is 1Gi"
REFUSED_TASKS = {
    BODY.replace("SAID", f"{POD}{LIMIT}"): ("namespace.limit-range", f'pods "d-load-x1" is forbidden: {LIMIT}.'),
    BODY.replace("SAID", POD + r"violates PodSecurity \"restricted:latest\": privileged"): (
        "pod.security-violation",
        'pods "d-load-x1" is forbidden: violates PodSecurity "restricted:latest": privileged.',
    ),
    BODY.replace("SAID", r"admission webhook \"guard.example.com\" denied the request: no latest"): (
        "webhook.denied",
        'admission webhook "guard.example.com" denied the request: no latest.',
    ),
    TRIED.replace("SAID", 'Internal error occurred: failed calling webhook "guard.example.com": no endpoints'): (
        "webhook.unavailable",
        "It",
    ),
    BODY.replace("SAID", POD + r"error looking up service account proj-a/etl: serviceaccount \"etl\" not found"): (
        "account.missing",
        "It was deleted, or never made there",
    ),
}


@pytest.mark.parametrize("line", REFUSED_TASKS)
def test_a_task_whose_pod_is_refused_is_told_by_what_the_executor_logs(line: str) -> None:
    """And not as one whose pod ended before it began: there was no pod, of which an event could tell."""
    signs = find_signs([f"2026-11-22T07:00:00Z [error] {line}", ENDED_EARLY])
    logged = AirflowFacts(signs=[SignFact(sign, "scheduler", "scheduler-0", lines) for sign, lines in signs.items()])
    (finding,) = diagnose(Facts(deployment=HERE, airflow=logged))
    code, cause = REFUSED_TASKS[line]
    assert (finding.code, finding.cause.startswith(cause)) == (code, True), finding
    assert ("proj-a" if code == "account.missing" else "") in finding.fix
    assert line in finding.evidence
