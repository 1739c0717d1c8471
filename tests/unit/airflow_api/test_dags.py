"""What `dags list` and `dags check` ask of Airflow 3.3.2; shapes are its own."""

from __future__ import annotations

import httpx
import pytest

from airstrip.errors import AirflowError
from tests.unit.airflow_api.test_client import DAG, RUN, Airflow, ok


def runs(*dag_ids: str) -> httpx.Response:
    return ok({"dag_runs": [{**RUN, "dag_id": dag_id} for dag_id in dag_ids], "total_entries": len(dag_ids)})


def test_a_dag_s_schedule_and_the_version_of_its_bundle() -> None:
    body = {**DAG, "timetable_summary": "@daily", "bundle_version": "abc"}
    (dag,) = Airflow(dags=ok({"dags": [body], "total_entries": 1})).client().dags()
    assert (dag.schedule, dag.version) == ("@daily", "abc")


def test_the_last_runs_are_one_question_where_all_runs_fit_into_an_answer() -> None:
    airflow = Airflow(**{"dags/~/dagRuns": runs("a", "b", "a")})
    found = airflow.client().scheduling.last_runs(["a", "b", "never"])
    assert {dag: run.dag_id for dag, run in found.items()} == {"a": "a", "b": "b"}
    assert [request.url.path for request in airflow.asked].count("/api/v2/dags/~/dagRuns") == 1
    assert len(airflow.asked) == 2


def test_those_that_ran_longer_ago_are_asked_for_each() -> None:
    airflow = Airflow(**{"dags/~/dagRuns": runs(*["a"] * 100), "dags/old/dagRuns": runs("old")})
    found = airflow.client().scheduling.last_runs(["a", "old", "gone"])
    assert sorted(found) == ["a", "old"]
    assert airflow.asked[-1].url.params["limit"] == "1"


def test_values_that_airflow_hides_are_not_told() -> None:
    answers = {"open": "1", "api_key": "***", "json": '{"password": "***", "a": 1}', "empty": None}
    bodies = {f"variables/{name}": ok({"key": name, "value": value}) for name, value in answers.items()}
    values = Airflow(**bodies).client().values
    assert values.variables([*answers, "deleted meanwhile"]) == {"open": "1"}


def test_a_refusal_is_no_missing_value() -> None:
    airflow = Airflow(**{"variables/v": httpx.Response(403, json={"detail": "Forbidden"})})
    with pytest.raises(AirflowError):
        airflow.client().values.variables(["v"])


def test_pools_by_name() -> None:
    airflow = Airflow(pools=ok({"pools": [{"name": "default_pool"}, {"name": "p"}], "total_entries": 2}))
    assert airflow.client().values.pool_names() == ("default_pool", "p")
