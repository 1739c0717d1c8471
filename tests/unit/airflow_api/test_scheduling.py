"""What Airflow 3.3.2 tells of its scheduling; shapes are its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx
import pytest

from airstrip.airflow_api import AuditEntry, Dependency, Pool, TaskInstance
from tests.unit.airflow_api.test_client import Airflow, ok

TASK = TaskInstance("d", "r", "t", -1, 1, 0, None, None, None, None, None, None, None)
ROW = {
    "dag_id": "d",
    "dag_run_id": "r",
    "task_id": "t",
    "map_index": -1,
    "try_number": 1,
    "max_tries": 0,
    "state": "deferred",
    "pool": "small",
    "pool_slots": 2,
    "trigger": {"id": 1, "classpath": "a.Trigger", "triggerer_id": 7},
    "executor_config": "{'pod_override': {}}",
}


def test_a_dag_s_schedule_and_limits() -> None:
    body = {
        "dag_id": "d",
        "is_paused": True,
        "relative_fileloc": "d.py",
        "timetable_summary": "@daily",
        "next_dagrun_run_after": "2026-11-22T00:00:00Z",
        "max_active_runs": 1,
        "max_active_tasks": 2,
        "dag_run_timeout": "PT5S",
    }
    dag = Airflow(**{"dags/d/details": ok(body)}).client().scheduling.dag("d")
    assert dag
    assert (dag.is_paused, dag.file, dag.schedule, dag.next_run_after) == (
        True,
        "d.py",
        "@daily",
        "2026-11-22T00:00:00Z",
    )
    assert (dag.max_active_runs, dag.max_active_tasks, dag.run_timeout) == (1, 2, "PT5S")


def test_what_is_not_there_is_none() -> None:
    ask = Airflow().client().scheduling
    assert (ask.dag("d"), ask.pool("p"), ask.tasks("d"), ask.dependencies(TASK)) == (None, None, {}, ())


def test_tasks_by_name_with_what_stands_after_them() -> None:
    rows = [
        {"task_id": "t", "trigger_rule": "all_done", "downstream_task_ids": ["u"], "operator_name": "@task.branch"},
        {"task_id": "u", "retry_delay": {"days": 0, "seconds": 300, "microseconds": 0}},
    ]
    tasks = Airflow(**{"dags/d/tasks": ok({"tasks": rows})}).client().scheduling.tasks("d")
    assert (tasks["t"].trigger_rule, tasks["t"].downstream, tasks["t"].operator) == ("all_done", ("u",), "@task.branch")
    assert (tasks["u"].trigger_rule, tasks["u"].retry_delay) == ("all_success", 300.0)


def test_what_keeps_a_task_from_being_queued_of_a_mapped_one_too() -> None:
    body = ok({"dependencies": [{"name": "Pool Slots Available", "reason": "0 open slots"}]})
    path = "dags/d/dagRuns/r/taskInstances/t"
    ask = Airflow(**{f"{path}/dependencies": body, f"{path}/3/dependencies": body}).client().scheduling
    said = (Dependency("Pool Slots Available", "0 open slots"),)
    assert ask.dependencies(TASK) == said
    assert ask.dependencies(replace(TASK, map_index=3)) == said


def test_a_pool_and_who_is_in_it() -> None:
    pool = {"name": "small", "slots": 2, "occupied_slots": 2, "open_slots": 0}
    pool |= {"running_slots": 1, "queued_slots": 1, "scheduled_slots": 3}
    airflow = Airflow(
        **{"pools/small": ok(pool), "dags/~/dagRuns/~/taskInstances": ok({"task_instances": [ROW], "total_entries": 9})}
    )
    ask = airflow.client().scheduling
    assert ask.pool("small") == Pool("small", 2, 2, 0, 1, 1, 3)
    count, (task,) = ask.active_tasks(pool="small")
    assert (count, task.pool, task.pool_slots) == (9, "small", 2)
    assert (task.trigger, task.triggerer, task.executor_config) == ("a.Trigger", 7, "{'pod_override': {}}")
    asked = airflow.asked[-1].url.params
    assert (asked["pool"], asked.get_list("state")) == ("small", ["running", "queued"])


def test_the_audit_log_of_one_task_oldest_first() -> None:
    rows = [
        {"event": "heartbeat timeout", "when": "T2", "owner": "x", "extra": "late", "map_index": None},
        {"event": "running", "when": "T1", "owner": None, "extra": None, "map_index": -1},
        {"event": "running", "when": "T0", "owner": None, "extra": None, "map_index": 4},
    ]
    ask = Airflow(eventLogs=lambda request: ok({"event_logs": rows, "total_entries": 3})).client().scheduling
    assert ask.audit(TASK) == (AuditEntry("running", "T1", "", ""), AuditEntry("heartbeat timeout", "T2", "x", "late"))


def test_the_audit_log_is_that_of_the_tasks_last_try_and_of_people() -> None:
    """The scheduler's notes bear the try; what people did to a task bears none."""
    rows = [
        {"event": "running", "when": "T3", "owner": "", "extra": "", "map_index": -1, "try_number": 2},
        {"event": "patch_task_instance", "when": "T2", "owner": "ada", "extra": "", "map_index": -1},
        {"event": "heartbeat timeout", "when": "T1", "owner": "", "extra": "", "map_index": -1, "try_number": 1},
    ]
    ask = Airflow(eventLogs=lambda request: ok({"event_logs": rows, "total_entries": 3})).client().scheduling
    assert [entry.event for entry in ask.audit(replace(TASK, try_number=2))] == ["patch_task_instance", "running"]


def test_the_runs_that_run() -> None:
    row = {"dag_run_id": "r", "dag_id": "d", "state": "running", "run_type": "manual"}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["state"] == "running"
        return ok({"dag_runs": [row]})

    assert [run.run_id for run in Airflow(**{"dags/d/dagRuns": answer}).client().scheduling.running_runs("d")] == ["r"]


def run_row(number: int) -> dict[str, str]:
    own = {"dag_run_id": f"r{number}", "bundle_version": f"v{number}"}
    return {"dag_id": "d", "state": "running", "run_type": "manual", **own}


@dataclass
class Runs:
    """As Airflow pages them by cursor; with each page that is asked for, the first run ends."""

    rows: list[dict[str, str]]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = int(request.url.params["cursor"] or -1)
        left = [row for row in self.rows if int(row["dag_run_id"][1:]) > after]
        page = left[:100]
        more = page[-1]["dag_run_id"][1:] if len(left) > 100 else None
        self.rows.pop(0)
        return ok({"dag_runs": page, "next_cursor": more})


def test_versions_in_use_are_those_of_all_runs_though_some_end_meanwhile() -> None:
    asked = Airflow(**{"dags/~/dagRuns": Runs([run_row(number) for number in range(250)])}).client().scheduling
    assert asked.versions_in_use() == frozenset(f"v{number}" for number in range(250))


@pytest.mark.parametrize(("count", "known"), [(99, True), (100, False)])
def test_an_airflow_without_cursors_is_believed_for_one_page(count: int, known: bool) -> None:
    body = ok({"dag_runs": [run_row(number) for number in range(count)]})
    found = Airflow(**{"dags/~/dagRuns": body}).client().scheduling.versions_in_use()
    assert (found is not None) is known
