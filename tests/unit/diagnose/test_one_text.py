"""A thing has one code and one text, whoever tells it; and in one output it is told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from airstrip.diagnose import RULES, Facts, diagnose
from airstrip.diagnose.facts import PodFact
from airstrip.diagnose.why import REASONS, WhyFacts, explain
from airstrip.findings import Explanation, Finding, told_once
from tests.unit.diagnose.airflow_cases import AIRFLOW_CASES, DEPLOYMENT
from tests.unit.diagnose.cluster_cases import NO_SECRET
from tests.unit.diagnose.making import waiting
from tests.unit.diagnose.why.making import DAG, NOW, POD, TASK, beat, facts, noted, pool
from tests.unit.diagnose.why.reason_cases import FULL

BY_RULES: Mapping[str, Explanation] = {rule.code: rule.explanation for rule in RULES}
BY_REASONS: Mapping[str, Explanation] = {reason.code: reason.explanation for reason in REASONS}
DUE = "2026-11-21T00:00:00Z"
SHARED = sorted(BY_RULES.keys() & BY_REASONS.keys())


@pytest.mark.parametrize("code", SHARED)
def test_why_and_doctor_say_the_same_of_the_same(code: str) -> None:
    assert BY_REASONS[code] == BY_RULES[code]


def test_much_is_told_by_both() -> None:
    told = {"scheduler.silent", "dag.overdue", "pool.full", "pool.no-slots", "executor.full", "task.heartbeat-timeout"}
    told |= {"pod.oom-killed", "pod.evicted", "secret.missing", "config-map.missing", "account.missing"}
    told |= {"image.missing", "namespace.quota", "namespace.limit-range", "dags.import-error", "access.forbidden"}
    assert told <= set(SHARED)


def at_work(state: str, container_message: str) -> tuple[Facts, WhyFacts]:
    """A task's pod that waits, as either sees it."""
    container = waiting("CreateContainerConfigError", container_message)
    pod = PodFact("airflow-workers", POD, "task", "", "Pending", 60.0, containers=(container,))
    return Facts(deployment=DEPLOYMENT, pods=[pod]), facts(
        state, cluster=Facts(pods=[pod]), namespace="airflow-workers"
    )


def both(seen: Facts, asked: WhyFacts) -> list[str]:
    """The codes that a failed `run` ends with."""
    return [finding.code for finding in told_once([*explain(asked), *diagnose(seen)])]


def test_a_pod_that_waits_is_told_once() -> None:
    assert both(*at_work("queued", NO_SECRET)) == ["secret.missing"]
    assert both(*at_work("queued", "container has runAsNonRoot")) == ["pod.config-error"]


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("pool.no-slots", facts("scheduled", pool=pool(0, 0))),
        ("pool.full", facts("scheduled", pool=pool(7, 7), in_pool=FULL)),
        ("executor.full", facts("scheduled", parallelism=7, everywhere=FULL)),
        ("dag.overdue", WhyFacts(replace(DAG, dag_id="hourly", next_run_after=DUE), NOW)),
        ("scheduler.silent", facts(**beat("scheduler"))),
    ],
)
def test_what_why_and_doctor_see_of_one_thing_is_told_once(code: str, asked: WhyFacts) -> None:
    seen, _ = AIRFLOW_CASES[code]
    assert both(seen, replace(asked, control="airflow")) == [code]


def test_a_task_without_heartbeat_is_told_once() -> None:
    seen, _ = AIRFLOW_CASES["task.heartbeat-timeout"]
    task, dag = replace(TASK, dag_id="daily", state="failed"), replace(DAG, dag_id="daily")
    asked = facts("failed", task=task, dag=dag, **noted("heartbeat timeout", "x"))
    assert both(seen, asked) == ["task.heartbeat-timeout"]


def test_the_same_code_of_another_thing_is_told_too() -> None:
    of_task = Finding("pod.oom-killed", "load was killed", "", "", about="w/task")
    of_scheduler = replace(of_task, symptom="scheduler was killed", about="c/scheduler")
    unnamed = Finding("run.failed", "d failed", "", "")
    findings = [of_task, unnamed, of_scheduler, replace(of_task, symptom="again"), unnamed]
    assert told_once(findings) == [of_task, unnamed, of_scheduler]


def test_what_a_finding_is_about_is_not_printed() -> None:
    assert "about" not in Finding("a.b", "s", "c", "f", about="x").to_dict()
