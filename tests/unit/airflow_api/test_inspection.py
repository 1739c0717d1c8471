"""What an inspection makes of Airflow 3.3.2's answers."""

from __future__ import annotations

import datetime
from typing import Any

import httpx
import pytest

from airstrip.airflow_api import Inspection, Pool
from airstrip.errors import AirflowError
from tests.unit.airflow_api.test_client import Airflow, Answer, ok


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def ago(seconds: float) -> str:
    return (now() - datetime.timedelta(seconds=seconds)).isoformat()


def test_pools() -> None:
    row = {"name": "p", "slots": 0, "running_slots": 1, "queued_slots": 2, "scheduled_slots": 3, "open_slots": 0}
    row["occupied_slots"] = 3
    airflow = Airflow(pools=ok({"pools": [row], "total_entries": 1}))
    assert Inspection(airflow.client()).pools() == (Pool("p", 0, 3, 0, 1, 2, 3),)


def in_pages(name: str, rows: list[dict[str, Any]]) -> Answer:
    """As Airflow gives a list: a hundred rows at most."""

    def answer(request: httpx.Request) -> httpx.Response:
        begin = int(request.url.params.get("offset", 0))
        return ok({name: rows[begin : begin + 100], "total_entries": len(rows)})

    return answer


def test_what_comes_after_the_first_hundred_is_seen_too() -> None:
    well = {"is_encrypted": True, "value": "x"}
    keys = [{"key": f"k{number}", **well} for number in range(100)]
    dags = [{**due(f"d{number}"), "next_dagrun_run_after": ago(-90)} for number in range(100)]
    lists = {"variables": [*keys, {"key": "lost", **well, "value": None}], "dags": [*dags, due("late")]}
    answers = {name: in_pages(name, rows) for name, rows in lists.items()}
    look = Inspection(Airflow(**answers, **{"dags/~/dagRuns": in_pages("dag_runs", [])}).client())
    assert look.unreadable_variables() == ("lost",)
    assert [late.dag_id for late in look.overdue()] == ["late"]


def test_a_connection_after_the_first_hundred_may_be_the_one_that_cannot_be_decrypted() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if int(request.url.params.get("offset", 0)):
            return httpx.Response(500)
        return ok({"connections": [{}] * 100, "total_entries": 101})

    assert not Inspection(Airflow(connections=answer).client()).lists_connections()


def test_only_runs_of_the_past_are_overdue() -> None:
    rows = [
        {"dag_id": "late", "is_stale": False, "next_dagrun_run_after": ago(90)},
        {"dag_id": "soon", "is_stale": False, "next_dagrun_run_after": ago(-90)},
        {"dag_id": "gone", "is_stale": True, "next_dagrun_run_after": ago(90)},
        {"dag_id": "by hand", "is_stale": False, "next_dagrun_run_after": None},
    ]
    (late,) = Inspection(overdue(rows).client()).overdue()
    assert late.dag_id == "late"
    assert late.seconds == pytest.approx(90, abs=3)


def overdue(dags: list[dict[str, Any]], *runs: tuple[str, str]) -> Airflow:
    """An Airflow with these active runs, `(DAG, type)`; it answers with three at a time."""
    rows = [{"dag_id": dag, "run_type": kind} for dag, kind in runs]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params.get_list("state") == ["queued", "running"]
        start = int(request.url.params["offset"])
        return ok({"dag_runs": rows[start : start + 3], "total_entries": len(rows)})

    answers: dict[str, httpx.Response | Answer] = {"dags": ok({"dags": dags, "total_entries": len(dags)})}
    return Airflow(**answers, **{"dags/~/dagRuns": answer})


def due(dag: str, **more: Any) -> dict[str, Any]:
    return {"dag_id": dag, "is_stale": False, "next_dagrun_run_after": ago(90), "max_active_runs": 2, **more}


def test_a_dag_that_the_scheduler_leaves_out_is_not_overdue() -> None:
    """Its runs last longer than its interval, it catches up, or its file is broken: the due time stays in the past."""
    dags = [
        due("busy"),
        due("broken", has_import_errors=True),
        due("free"),
        due("filled"),
        due("any", max_active_runs=0),
    ]
    runs = [("busy", "scheduled"), ("busy", "manual"), ("free", "scheduled"), ("filled", "backfill"), ("any", "manual")]
    found = Inspection(overdue(dags, *runs, ("filled", "backfill")).client()).overdue()
    assert [late.dag_id for late in found] == ["free", "filled", "any"]


def test_the_clock_of_airflow_counts() -> None:
    row = {"dag_id": "late", "is_stale": False, "next_dagrun_run_after": ago(90)}
    airflow = Airflow(dags=ok({"dags": [row], "total_entries": 1}))
    assert Inspection(airflow.client(), ahead=-100.0).overdue() == ()


def test_variables_that_cannot_be_decrypted_are_named_and_no_value_is_kept() -> None:
    rows = [
        {"key": "lost", "value": None, "is_encrypted": True},
        {"key": "read", "value": "hunter3", "is_encrypted": True},
        {"key": "empty", "value": None, "is_encrypted": False},
    ]
    airflow = Airflow(variables=ok({"variables": rows, "total_entries": 3}))
    assert Inspection(airflow.client()).unreadable_variables() == ("lost",)


def test_an_api_server_that_fails_to_list_connections_is_told_from_one_that_does_not() -> None:
    failing = Airflow(connections=httpx.Response(500, text="Internal Server Error"))
    assert not Inspection(failing.client()).lists_connections()
    assert Inspection(Airflow(connections=ok({"connections": [], "total_entries": 0})).client()).lists_connections()


def test_other_refusals_of_connections_are_raised() -> None:
    airflow = Airflow(connections=httpx.Response(403, json={"detail": "Forbidden"}))
    with pytest.raises(AirflowError) as told:
        Inspection(airflow.client()).lists_connections()
    assert told.value.code == "airflow.forbidden"


@pytest.mark.parametrize(
    ("state", "queued", "scheduled", "seconds"),
    [
        # It waited an hour as deferred, or for its next try.
        ("scheduled", 3600, 1, 1),
        ("scheduled", None, 40, 40),
        ("scheduled", 3600, None, 0),
        ("queued", 5, 40, 5),
        ("queued", None, 40, 40),
    ],
)
def test_a_task_waits_since_it_is_in_its_state(
    state: str, queued: float | None, scheduled: float | None, seconds: float
) -> None:
    since = {"queued_when": queued, "scheduled_when": scheduled}
    row: dict[str, Any] = {"dag_id": "d", "dag_run_id": "r", "task_id": "t", "state": state, "pool": "p"}
    row |= {key: None if value is None else ago(value) for key, value in since.items()}

    def answer(request: httpx.Request) -> httpx.Response:
        rows = [row] if request.url.params["state"] == state else []
        return ok({"task_instances": rows, "total_entries": len(rows)})

    (task,) = Inspection(Airflow(**{"dags/~/dagRuns/~/taskInstances": answer}).client()).waiting()
    assert task.seconds == pytest.approx(seconds, abs=3)
