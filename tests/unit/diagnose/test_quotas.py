"""A full quota is a fault where it refused a pod, and is noted where it did not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact, TaskFact, TaskSignFact
from airstrip.diagnose.namespace_facts import QuotaFact
from airstrip.diagnose.namespace_probe import read_quotas
from airstrip.kube import Cluster
from tests.unit.diagnose.airflow_cases import ENDED_EARLY
from tests.unit.diagnose.cluster_cases import FULL
from tests.unit.diagnose.making import HERE, refused


def no_room(quota: str, asked: str = "pods=1") -> str:
    """As the executor logs it before it tries once more."""
    refused = f'pods "d-load-x1" is forbidden: exceeded quota: {quota}, requested: {asked}, used: {asked}, limited: 1'
    return f"[Try 1 of 5] Kube ApiException for Task: (TaskInstanceKey(...)). Reason: 'Forbidden'. Message: {refused}"


def refused_by_quotas(*quotas: QuotaFact, line: str = no_room("small"), who: str = "scheduler") -> Facts:
    here = replace(HERE, projects=("sales-pods",))
    return Facts(here, quotas=quotas, airflow=AirflowFacts(signs=(SignFact("quota", who, f"{who}-1", (line,)),)))


def test_a_full_quota_is_a_fault_once_a_task_s_pod_was_refused_by_it() -> None:
    """No event tells of that, only the executor's log; without it, nobody wants more room than there is."""
    assert diagnose(Facts(deployment=HERE, quotas=[FULL])) == []
    (finding,) = diagnose(refused_by_quotas(FULL))
    assert (finding.code, finding.about) == ("namespace.quota", "airflow-workers/quota/small")
    assert "pods 2 of 2" in finding.cause
    assert "exceeded quota: small" in finding.evidence
    ended = SignFact("ended-early", "scheduler", "scheduler-1", (ENDED_EARLY,))
    facts = refused_by_quotas(FULL)
    assert facts.airflow is not None
    facts = replace(facts, airflow=replace(facts.airflow, signs=(*facts.airflow.signs, ended)))
    assert [finding.code for finding in diagnose(facts)] == ["namespace.quota"]


@pytest.mark.parametrize(
    ("quota", "line"),
    [
        # Raised since.
        (replace(FULL, hard="3", full=False), no_room("small")),
        (replace(FULL, name="other"), no_room("small")),
        # It has no amount of what is full.
        (replace(FULL, resource="requests.nvidia.com/gpu"), no_room("small")),
        (replace(FULL, namespace="airflow"), no_room("small")),
        # What a task asks for that is no pod; its amount may have been struck out, or be no amount.
        (replace(FULL, resource="secrets", full=False), no_room("small", "secrets=1")),
        (replace(FULL, resource="secrets", full=False), no_room("small", "secrets=***")),
        (FULL, no_room("small", "pods=one")),
        (FULL, no_room("small", "pods=NaN")),
    ],
)
def test_a_refusal_that_would_not_be_one_again_is_past(quota: QuotaFact, line: str) -> None:
    assert diagnose(refused_by_quotas(quota, line=line)) == []


def test_a_quota_that_has_some_room_and_not_enough_for_a_task_is_told() -> None:
    memory = replace(FULL, resource="limits.memory", used="3Gi", hard="4Gi", full=False)
    (finding,) = diagnose(refused_by_quotas(memory, line=no_room("small", "limits.cpu=1,limits.memory=2Gi")))
    assert "limits.memory 3Gi of 4Gi" in finding.cause
    assert diagnose(refused_by_quotas(memory, line=no_room("small", "limits.cpu=1,limits.memory=1Gi"))) == []


def test_what_others_log_of_a_quota_is_not_the_executor_s() -> None:
    assert diagnose(refused_by_quotas(FULL, who="triggerer")) == []


def test_an_operator_whose_pod_was_refused_tells_it_in_its_task_s_log() -> None:
    said = TaskSignFact("quota", "d", "r", "t", (f'HTTP response body: {{"message":"{no_room("small")}"}}',))
    (finding,) = diagnose(Facts(HERE, quotas=[FULL], airflow=AirflowFacts(task_signs=(said,))))
    assert finding.code == "namespace.quota"


def test_a_project_s_own_full_quota_is_told_as_the_workers_is() -> None:
    quotas = [replace(FULL, namespace="sales-pods", name="sales"), replace(FULL, namespace="somebody-s", name="sales")]
    (finding,) = diagnose(refused_by_quotas(*quotas, line=no_room("sales")))
    assert (finding.code, finding.about) == ("namespace.quota", "sales-pods/quota/sales")


@pytest.mark.parametrize(
    ("resource", "used", "hard", "full"),
    [
        ("services.nodeports", "0", "0", False),
        ("persistentvolumeclaims", "2", "2", False),
        ("requests.storage", "2Gi", "2Gi", False),
        ("requests.nvidia.com/gpu", "0", "0", False),
        ("requests.nvidia.com/gpu", "2", "2", True),
        ("count/pods", "0", "0", True),
        ("limits.memory", "1Gi", "1024Mi", True),
        ("pods", "1", "2", False),
    ],
)
def test_only_what_a_pod_asks_for_makes_a_quota_full(resource: str, used: str, hard: str, full: bool) -> None:
    item = {"metadata": {"namespace": "w", "name": "q"}, "status": {"used": {resource: used}, "hard": {resource: hard}}}
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_: [item]))
    facts = read_quotas(cluster, ["w"])
    assert [fact.full for fact in facts.quotas] == [full]
    # It is noted beside what is fine.
    assert [probe.detail for probe in facts.probes] == [f"q in w is full: {resource} {used} of {hard}" if full else ""]


def test_a_component_that_a_quota_refuses_does_not_hide_the_tasks_that_another_one_refuses() -> None:
    said = 'pods "scheduler-abc-x" is forbidden: exceeded quota: tiny, requested: pods=1, used: pods=4, limited: pods=4'
    facts = replace(refused_by_quotas(FULL), events=refused(said).events)
    assert [finding.about for finding in diagnose(facts)] == ["airflow/scheduler", "airflow-workers/quota/small"]
    waits = TaskFact("daily", "r", "load", "queued", 4000.0, "default_pool")
    assert facts.airflow is not None
    told = diagnose(replace(facts, airflow=replace(facts.airflow, waiting=(waits,))))
    assert [finding.code for finding in told] == ["namespace.quota", "namespace.quota"]
    only_a_component = replace(refused(said), airflow=AirflowFacts(waiting=(waits,)))
    assert [finding.code for finding in diagnose(only_a_component)] == ["namespace.quota", "task.queued-long"]
