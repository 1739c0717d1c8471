"""One case for each reason: facts in, the first finding out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airstrip.airflow_api import DagRun, TaskInstance
from airstrip.diagnose.facts import ContainerFact, Facts, NodeFact
from airstrip.diagnose.why import REASONS, WhyFacts, explain
from airstrip.diagnose.why.facts import ActiveTasks
from tests.unit.diagnose.why.making import (
    DAG,
    DEFINITIONS,
    KEY,
    NOW,
    RUN,
    TASK,
    beat,
    before,
    event,
    facts,
    gone,
    logged,
    noted,
    pool,
    raised,
    there,
    unmet,
    waiting,
)

QUEUED = replace(RUN, state="queued")
AT_WORK = [replace(TASK, task_id=f"t{number}", state="queued") for number in range(7)]
FULL = ActiveTasks(7, [f"d.t{number}" for number in range(7)])
QUOTA = 'pods "d-load-x1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0'
SECURITY = 'pods "d-load-x1" is forbidden: violates PodSecurity "restricted:latest": privileged'
LIMIT = 'pods "d-load-x1" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'
REFUSAL = "[Try 1 of 5] Kube ApiException for Task: (KEY). Reason: 'Forbidden'. Message: "
MISMATCH = "Executor reported that the task instance finished with state failed, but its state is queued. Extra info: "
FAILED_IN_POD = (
    "Task d.load.1 failed in pod airflow-workers/d-load-x1. Pod phase: Failed, reason: {reason}, message: {said}, "
    "container_type: main, container_name: base, container_state: terminated, container_reason: {ended}, "
    "container_message: None, exit_code: {code}"
)


def refused(message: str) -> dict[str, Any]:
    return {"scheduler_log": (REFUSAL.replace("KEY", KEY) + message,)}


def failed_in_pod(ended: str = "Error", code: int = 1, reason: str = "None", said: str = "None") -> dict[str, Any]:
    return {"scheduler_log": (FAILED_IN_POD.format(reason=reason, said=said, ended=ended, code=code),)}


def ended(run: DagRun = RUN, state: str = "failed", duration: float | None = None) -> dict[str, Any]:
    return {"run": replace(run, state=state, duration=duration)}


def upstream(state: str | None, asked: str | None) -> WhyFacts:
    """What was asked about is `load`; before it, `extract` is in a state."""
    extract, load = replace(TASK, task_id="extract", state=state), replace(TASK, state=asked)
    return facts(asked, task=extract, asked=load, tasks=(extract, load), pods=())


CASES: list[tuple[str, WhyFacts, str]] = [
    ("scheduler.not-running", facts(**beat("scheduler")), "2026-11-21 12:00:00 UTC"),
    ("dags.import-error", facts(import_error="NameError: x"), "NameError: x."),
    ("dag.stale", before(is_stale=True), "d.py"),
    ("dag.paused", facts(dag=replace(DAG, is_paused=True)), ""),
    ("dag.ended", before(end_date="2026-01-01T00:00:00Z"), "2026-01-01 00:00:00 UTC"),
    ("dag.not-started", before(start_date="2027-01-01T00:00:00Z"), "2027-01-01 00:00:00 UTC"),
    ("dag.not-due", before(next_run_after="2026-11-22T00:00:00Z"), "2026-11-22 00:00:00 UTC. catchup is off"),
    ("dag.overdue", before(next_run_after="2026-11-21T00:00:00Z"), ""),
    ("dag.no-schedule", before(schedule=""), "no schedule"),
    ("run.not-due", facts(run=replace(QUEUED, run_after="2026-11-22T00:00:00Z"), task=None), "2026-11-22"),
    (
        "run.max-active-runs",
        facts(run=QUEUED, task=None, asked=None, dag=replace(DAG, max_active_runs=1), running_runs=("before",)),
        "before",
    ),
    ("run.timed-out", facts("skipped", **ended(duration=6.1), dag=replace(DAG, run_timeout="PT5S")), "PT5S"),
    ("run.queued", facts(run=QUEUED, task=None, asked=None), ""),
    ("run.failed", facts(**ended(), task=None, asked=None, tasks=()), "by hand"),
    ("task.pool-missing", facts(**unmet("Pool Slots Available", "Tasks using non-existent pool 'x'")), "never made"),
    ("task.pool-full", facts("scheduled", pool=pool(7, 7), in_pool=FULL), "7 of its 7 slots are taken by d.t0, "),
    ("task.max-active-tasks", facts(dag=replace(DAG, max_active_tasks=7), tasks=AT_WORK), "d.t4 and 2 more."),
    (
        "task.max-active-tis",
        facts(**unmet("Task Concurrency", "Reached."), tasks=(*AT_WORK, replace(TASK, state="running", map_index=2))),
        "These are at work: d.load[2].",
    ),
    ("task.depends-on-past", facts(**unmet("Previous Dagrun State", "depends_on_past is true")), "depends_on_past"),
    ("task.not-its-date", facts(**unmet("Logical Date", "is in the future")), "future"),
    ("task.parallelism", facts("scheduled", parallelism=7, everywhere=FULL), "d.t0"),
    ("task.not-scheduled", facts("scheduled"), "scheduler has not come to it"),
    ("task.removed", facts("removed"), "changed"),
    ("task.restarting", facts("restarting"), "cleared"),
    ("task.skipped", facts("skipped", **raised("AirflowSkipException: nothing to do")), "nothing to do"),
    (
        "task.up-for-retry",
        facts("up_for_retry", task=replace(TASK, state="up_for_retry", end_date=NOW, max_tries=2), **raised("E: no")),
        "E: no.",
    ),
    ("triggerer.not-running", facts("deferred", **beat("triggerer")), NOW[:10]),
    ("task.deferred", facts("deferred", task=replace(TASK, state="deferred", trigger="a.T")), "No triggerer"),
    (
        "task.sensor-waiting",
        facts("up_for_reschedule", **logged("2026-11-21T11:59:59.000000Z INFO Poking for file x")),
        "Poking for file x.",
    ),
    ("node.not-ready", facts("queued", cluster=Facts(nodes=[NodeFact("n", False, "down")])), "down."),
    ("namespace.quota", facts("queued", **refused(QUOTA)), "limited: pods=0."),
    ("pod.security-violation", facts("failed", **noted("state mismatch", f"{MISMATCH}body: {SECURITY}")), "privileged"),
    ("pod.refused", facts("failed", **refused(LIMIT)), "maximum memory usage"),
    ("image.missing", facts("queued", **there(waiting("ErrImagePull", "no such image"))), "no such image."),
    (
        "pod.config-error",
        facts("failed", **gone(event("Failed", 'Error: secret "nope" not found'))),
        'Error: secret "nope" not found.',
    ),
    (
        "volume.not-mounted",
        facts("queued", **gone(event("FailedMount", 'MountVolume.SetUp failed for volume "x": no such claim'))),
        "no such claim.",
    ),
    (
        "pod.unschedulable",
        facts("queued", **there(unschedulable="0/1 nodes are available: 1 node(s) didn't match node selector.")),
        "didn't match",
    ),
    ("task.queued", facts("queued"), "not made yet"),
    ("task.oom-killed", facts("failed", **failed_in_pod("OOMKilled", 137)), "limit"),
    ("pod.evicted", facts("failed", **failed_in_pod(reason="Evicted", said="The node was low on memory")), "low on"),
    ("node.lost", facts("failed", **failed_in_pod(reason="NodeShutdown", said="going down")), "going down."),
    (
        "pod.deleted",
        facts("failed", scheduler_log=("Event: Pod d-load-x1 deleted before it could complete, annotations: x",)),
        "Somebody",
    ),
    ("task.stuck-in-queue", facts("failed", **noted("stuck in queued tries exceeded", "x")), "12:00:00"),
    ("task.heartbeat-lost", facts("failed", **noted("heartbeat timeout", "x")), "12:00:00"),
    ("task.token-refused", facts("failed", **logged("ServerResponseError: Invalid auth token: Signature")), "JWT"),
    (
        "task.api-refused",
        facts("failed", **raised("ApiException: (403)", "Reason: Forbidden", 'body: {"message":"pods is denied"}')),
        "pods is denied.",
    ),
    ("task.timeout", facts("failed", **raised("AirflowTaskTimeout: Timeout, PID: 9")), "PID: 9."),
    (
        "task.pod-failed",
        facts("failed", **raised("AirflowException: Pod p-1 returned a failure.", "{'exit_code': 42,")),
        "It said nothing.",
    ),
    ("task.exception", facts("failed", **raised("ValueError: no such day")), "ValueError: no such day."),
    (
        "task.exit-code",
        facts("failed", **logged("2026-11-21T11:59:59.000000Z WARNING Process exited abnormally exit_code=42")),
        "by itself",
    ),
    ("task.marked-failed", facts("failed", **noted("patch_task_instance", '{"new_state": "failed"}', "ada")), "hand"),
    ("task.failed", facts("failed"), "Neither"),
    ("task.upstream-failed", upstream(None, "upstream_failed"), "all_success"),
    ("task.waits-for-upstream", upstream("running", None), "extract (running)."),
]


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


@pytest.mark.parametrize("state", ["success", "running"])
def test_nothing_is_found_of_what_runs_or_ran_well(state: str) -> None:
    assert explain(facts(state, **gone(event("FailedScheduling", "0/1 nodes"), event("Started", "Started")))) == []


def test_a_paused_dag_is_a_cause_for_what_did_not_end_or_is_to_come() -> None:
    paused = replace(DAG, is_paused=True)
    done = {"run": replace(RUN, state="success"), "dag": paused}
    assert [finding.code for finding in explain(facts("success", **done))] == ["dag.paused"]
    assert explain(facts("success", **done, is_run_chosen=True)) == []
    assert explain(facts("success", **{**done, "dag": replace(paused, schedule="")})) == []


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


def test_a_pool_that_is_too_small_for_ever_says_so() -> None:
    (finding,) = explain(facts("scheduled", pool=pool(0, 0)))
    assert (finding.code, finding.cause) == (
        "task.pool-full",
        "It has 0 slots, and the task asks for 1: it would wait for ever.",
    )


def test_the_limit_at_which_a_task_was_killed_is_named() -> None:
    config = "{'pod_override': {'spec': {'containers': [{'resources': {'limits': {'memory': '300Mi'}}}]}}}"
    task = replace(TASK, state="failed", executor_config=config)
    line = "2026-11-21T11:59:59.000000Z CRITICAL Process terminated by signal. Likely out of memory error (OOM)."
    (finding,) = explain(facts("failed", task=task, **logged(line)))
    assert finding.cause == "The kernel ended its process at the limit of its container (300Mi)."
    assert finding.evidence == line


def test_the_pod_that_an_operator_made_is_looked_at_too() -> None:
    stuck = there(waiting("ErrImageNeverPull"), name="ask-1")
    first = explain(facts("running", children=("ask-1",), **stuck))[0]
    assert (first.code, first.symptom) == (
        "image.missing",
        "load cannot begin: ask-1 does not get its image nowhere/it:1",
    )


def test_an_oom_that_kubernetes_tells_of_needs_no_log() -> None:
    killed = ContainerFact("base", "i", "terminated", "OOMKilled", exit_code=137)
    assert explain(facts("failed", **there(killed)))[0].code == "task.oom-killed"


def test_several_things_that_hold_are_told_in_order() -> None:
    seen = facts("scheduled", dag=replace(DAG, is_paused=True), pool=pool(1, 1), in_pool=FULL, **beat("scheduler"))
    assert [finding.code for finding in explain(seen)] == ["scheduler.not-running", "dag.paused", "task.pool-full"]


def test_a_mapped_task_is_named_with_its_index() -> None:
    task: TaskInstance = replace(TASK, state="failed", map_index=3)
    (finding,) = explain(facts("failed", task=task, **raised("E: no")))
    assert finding.symptom == "load[3] failed with an exception"
    assert "./airstrip logs d load --run r --map 3" in finding.fix
