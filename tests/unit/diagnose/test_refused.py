"""Pods that the API server does not take, where some of the same are there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.diagnose.cluster_probe import _events
from airstrip.diagnose.facts import JobFact
from airstrip.diagnose.namespace_facts import NamespaceFact, WorkloadFact
from airstrip.kube import Cluster
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


@pytest.mark.parametrize("message", [*REFUSALS][:-1])
@pytest.mark.parametrize("complete", [False, True])
def test_a_job_that_is_complete_was_refused_in_the_past(message: str, complete: bool) -> None:
    """Its pod may be gone, while the event and the Job are there."""
    job = JobFact("airflow", "migration", "migration", complete=complete, failed=False)
    seen = event("Job/migration", "FailedCreate", f"Error creating: {message}")
    told = diagnose(Facts(deployment=HERE, jobs=[job], events=[seen]))
    assert [finding.code for finding in told] == ([] if complete else [REFUSALS[message]])


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


def by_executor(*lines: str) -> AirflowFacts:
    signs = find_signs([*(f"2026-11-22T07:00:00Z [error] {line}" for line in lines), ENDED_EARLY])
    return AirflowFacts(signs=[SignFact(sign, "scheduler", "scheduler-0", found) for sign, found in signs.items()])


@pytest.mark.parametrize("line", REFUSED_TASKS)
def test_a_task_whose_pod_is_refused_is_told_by_what_the_executor_logs(line: str) -> None:
    """And not as one whose pod ended before it began: there was no pod, of which an event could tell."""
    (finding,) = diagnose(Facts(deployment=HERE, airflow=by_executor(line)))
    code, cause = REFUSED_TASKS[line]
    assert (finding.code, finding.cause.startswith(cause)) == (code, True), finding
    assert ("proj-a" if code == "account.missing" else "") in finding.fix
    assert line in finding.evidence


def test_where_projects_have_namespaces_nobody_guesses_which_one_refused() -> None:
    here = replace(HERE, projects=("proj-a",))
    (finding,) = diagnose(Facts(here, airflow=by_executor(BODY.replace("SAID", f"{POD}{LIMIT}"))))
    assert finding.code == "namespace.limit-range"
    assert "tasks (in airflow-workers or proj-a; which: ./airstrip why DAG)" in finding.symptom
    assert "kubectl -n NAMESPACE edit limitrange" in finding.fix


INVALID = BODY.replace("SAID", r"Pod \"d-load-x1\" is invalid: spec.containers[0].image: Required value")
_ENDS = "unable to create new content in namespace airflow-workers because it is being terminated"
ENDING = BODY.replace("SAID", f"{POD}{_ENDS}")


@pytest.mark.parametrize("line", [INVALID, ENDING])
def test_a_refusal_by_nobody_known_is_told_in_the_api_server_s_words(line: str) -> None:
    """A namespace that was being deleted may be gone by now."""
    (finding,) = diagnose(Facts(HERE, airflow=by_executor(line)))
    assert (finding.code, finding.cause.startswith(("Pod ", "pods "))) == ("pod.refused", True)


def test_a_namespace_that_is_being_deleted_explains_what_is_refused_in_it() -> None:
    gone = [NamespaceFact("airflow", "Active"), NamespaceFact("airflow-workers", "Terminating")]
    (finding,) = diagnose(Facts(HERE, namespaces=gone, airflow=by_executor(ENDING)))
    assert finding.code == "namespace.terminating"


@pytest.mark.parametrize(("there", "kept"), [(1, 1), (2, 0)])
def test_an_owner_that_has_all_its_pods_was_refused_in_the_past(there: int, kept: int) -> None:
    """As of a rollout that is stuck: each of two ReplicaSets has a part of the Deployment's pods."""
    metadata = {"uid": "u", "name": "api-server-abc", "namespace": "airflow"}
    owner = {"metadata": metadata, "spec": {"replicas": 2}, "status": {"replicas": there}}
    about = {"kind": "ReplicaSet", "name": "api-server-abc", "uid": "u"}
    refusal = {"metadata": {"namespace": "airflow"}, "involvedObject": about, "reason": "FailedCreate", "message": "no"}
    cluster = SimpleNamespace(events=lambda *_, **__: [refusal], list=lambda *_: [owner])
    assert len(_events(cast(Cluster, cluster), "airflow").events) == kept
