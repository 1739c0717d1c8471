"""One case for each reason: facts in, the first finding out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airstrip.airflow_api import Backfill, DagDetails, TaskInstance
from airstrip.diagnose.facts import ContainerFact
from airstrip.diagnose.why import REASONS, WhyFacts, explain
from tests.unit.diagnose.why.making import (
    DAG,
    DEFINITIONS,
    NOW,
    RUN,
    TASK,
    beat,
    event,
    facts,
    gone,
    logged,
    pool,
    raised,
    there,
    waiting,
)
from tests.unit.diagnose.why.reason_cases import CASES, FULL, ended, upstream


def test_every_reason_has_a_case_in_the_order_of_the_chain() -> None:
    assert [code for code, _, _ in CASES] == [reason.code for reason in REASONS]


@pytest.mark.parametrize(("code", "seen", "said"), CASES, ids=[code for code, _, _ in CASES])
def test_a_situation_gets_its_cause_and_fix(code: str, seen: WhyFacts, said: str) -> None:
    first = explain(seen)[0]
    assert first.code == code
    assert said in first.cause
    assert first.cause.endswith((".", "…"))
    assert first.fix
    assert "{" not in first.symptom


@pytest.mark.parametrize(
    ("timeout", "duration", "code"),
    [
        ("PT10M", 600.5, "run.timed-out"),
        ("P1DT2H3M4.5S", 93784.6, "run.timed-out"),
        ("PT10M", 599.0, "run.failed"),
        ("P1DT2H3M4.5S", 93784.4, "run.failed"),
        ("PT10M", None, "run.failed"),
        ("", 700.0, "run.failed"),
    ],
)
def test_a_run_that_was_ended_in_time_did_not_time_out(timeout: str, duration: float | None, code: str) -> None:
    """Somebody marked it as failed, and no task of it was running."""
    dag = replace(DAG, run_timeout=timeout or None)
    seen = facts("skipped", task=None, dag=dag, **ended(duration=duration))
    assert explain(seen)[0].code == code


def test_a_backfill_s_run_is_not_kept_by_the_dag_s_own_limit() -> None:
    queued: dict[str, Any] = {
        "task": None,
        "asked": None,
        "dag": replace(DAG, max_active_runs=1),
        "running_runs": ("before",),
    }
    backfill = facts(run=replace(RUN, state="queued", run_type="backfill"), backfill=Backfill(False, 2), **queued)
    assert [finding.code for finding in explain(backfill)] == ["run.queued"]


@pytest.mark.parametrize("state", ["success", "running"])
def test_nothing_is_found_of_what_runs_or_ran_well(state: str) -> None:
    assert explain(facts(state, **gone(event("FailedScheduling", "0/1 nodes"), event("Started", "Started")))) == []


def test_a_paused_dag_is_a_cause_for_what_did_not_end_or_is_to_come() -> None:
    paused = replace(DAG, is_paused=True)
    done = {"run": replace(RUN, state="success"), "dag": paused}
    assert [finding.code for finding in explain(facts("success", **done))] == ["dag.paused"]
    assert explain(facts("success", **done, is_run_chosen=True)) == []
    assert explain(facts("success", **{**done, "dag": replace(paused, schedule="")})) == []


LATE = replace(DAG, next_run_after="2026-11-21T11:58:59+00:00")


@pytest.mark.parametrize(
    ("dag", "more", "codes"),
    [
        (LATE, {}, ["dag.overdue"]),
        (replace(LATE, next_run_after="2026-11-21T11:59:01+00:00"), {}, []),
        (replace(LATE, next_run_after="2026-11-22T00:00:00+00:00"), {}, []),
        (replace(LATE, max_active_runs=1), {"running_runs": ("before",)}, []),
        (replace(LATE, is_paused=True), {}, ["dag.paused"]),
        (LATE, {"is_run_chosen": True}, []),
        (LATE, {"asked": TASK}, []),
        (replace(DAG, end_date="2026-11-20T00:00:00+00:00"), {}, ["dag.ended"]),
        (DAG, {}, []),
    ],
)
def test_a_dag_whose_last_run_succeeded_may_not_run_today(
    dag: DagDetails, more: dict[str, Any], codes: list[str]
) -> None:
    done = facts("success", run=replace(RUN, state="success"), dag=dag, **{"task": None, "asked": None, **more})
    assert [finding.code for finding in explain(done)] == codes


def test_what_kept_a_pod_waiting_is_past_once_it_began() -> None:
    """The node had no room at first; then the task ran, and raised."""
    seen = facts("failed", **gone(event("FailedScheduling", "0/1"), event("Started", "x")), **raised("E: no"))
    assert [finding.code for finding in explain(seen)] == ["task.exception"]


def test_a_retry_names_when_and_what_failed_and_lists_the_exception() -> None:
    task = replace(TASK, state="up_for_retry", end_date=NOW, max_tries=2)
    first, second = explain(facts("up_for_retry", task=task, **raised("ValueError: no such day")))
    assert first.symptom == "load failed in try 1 of 3, and is tried again at 2026-11-21 12:05:00 UTC"
    assert (first.cause, second.code) == ("ValueError: no such day.", "task.exception")


def test_of_an_upstream_failure_the_root_comes_first() -> None:
    seen = replace(upstream("failed", "upstream_failed"), **raised("KeyError: 'day'"))
    first, second = explain(seen)
    assert (first.code, first.symptom) == ("task.exception", "extract failed with an exception")
    assert (second.code, second.symptom) == ("task.upstream-failed", "load did not run: extract failed before it")
    assert "./airstrip why d extract --run r" in second.fix


@pytest.mark.parametrize(
    ("above", "operator", "said"),
    [
        ("success", "@task.branch", "extract (@task.branch) chose another way."),
        ("success", "ShortCircuitOperator", "extract (ShortCircuitOperator) chose another way."),
        ("skipped", "@task", "extract before it was skipped, and its trigger rule all_success passes that on."),
        ("success", "@task", "Its run was ended before it began, or somebody skipped it by hand."),
    ],
)
def test_who_skipped_a_task(above: str, operator: str, said: str) -> None:
    definitions = {**DEFINITIONS, "extract": replace(DEFINITIONS["extract"], operator=operator)}
    tasks = (replace(TASK, task_id="extract", state=above), replace(TASK, state="skipped"))
    (finding,) = explain(facts("skipped", tasks=tasks, definitions=definitions))
    assert (finding.code, finding.cause) == ("task.skipped", said)


def test_the_limit_at_which_a_task_was_killed_is_named() -> None:
    config = "{'pod_override': {'spec': {'containers': [{'resources': {'limits': {'memory': '300Mi'}}}]}}}"
    task = replace(TASK, state="failed", executor_config=config)
    line = "2026-11-21T11:59:59.000000Z CRITICAL Process terminated by signal. Likely out of memory error (OOM)."
    (finding,) = explain(facts("failed", task=task, **logged(line)))
    assert finding.cause == "The limit of its container (300Mi) is too low for what it does, or it leaks."
    assert finding.evidence == line


def test_the_pod_that_an_operator_made_is_looked_at_too() -> None:
    stuck = there(waiting("ErrImageNeverPull"), name="ask-1")
    first = explain(facts("running", children=("ask-1",), **stuck))[0]
    assert (first.code, first.symptom) == (
        "image.missing",
        "load (ask-1) cannot get its image nowhere/it:1",
    )


def test_an_oom_that_kubernetes_tells_of_needs_no_log() -> None:
    killed = ContainerFact("base", "i", "terminated", "OOMKilled", exit_code=137)
    assert explain(facts("failed", **there(killed)))[0].code == "pod.oom-killed"


def test_several_things_that_hold_are_told_in_order() -> None:
    seen = facts("scheduled", dag=replace(DAG, is_paused=True), pool=pool(1, 1), in_pool=FULL, **beat("scheduler"))
    assert [finding.code for finding in explain(seen)] == ["scheduler.silent", "dag.paused", "pool.full"]


def test_a_mapped_task_is_named_with_its_index() -> None:
    task: TaskInstance = replace(TASK, state="failed", map_index=3)
    (finding,) = explain(facts("failed", task=task, **raised("E: no")))
    assert finding.symptom == "load[3] failed with an exception"
    assert "./airstrip logs d load --run r --map 3" in finding.fix
