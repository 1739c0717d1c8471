"""What `dags list` makes of Airflow's answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import UsageError
from airstrip.operations import Session, list_dags
from airstrip.spec import Dags
from tests.unit.airflow_api.test_client import DAG, RUN, Airflow, ok

TRACE = """Traceback (most recent call last):
  File "/opt/airflow/dags/sub/bad.py", line 7, in <module>
    connect("postgresql://user:hunter2@db/x")
ValueError: postgresql://user:hunter2@db/x is no database
"""
ERRORS = [{"filename": "sub/bad.py", "bundle_name": "main", "timestamp": None, "stack_trace": TRACE}]


def session(errors: list[dict[str, Any]] | None = None) -> Session:
    rows = [
        {**DAG, "dag_id": "smoke", "bundle_name": "airstrip"},
        {**DAG, "dag_id": "demo", "timetable_summary": "@daily"},
        {**DAG, "dag_id": "apart", "bundle_name": "other", "bundle_version": "abc"},
    ]
    airflow = Airflow(
        **{
            "dags": ok({"dags": rows, "total_entries": 3}),
            "importErrors": ok({"import_errors": errors or [], "total_entries": len(errors or [])}),
            "dags/~/dagRuns": ok({"dag_runs": [{**RUN, "start_date": "2026-11-21T05:11:13Z"}], "total_entries": 1}),
        }
    )
    return cast(Session, SimpleNamespace(spec=SimpleNamespace(name="mine", dags=Dags()), airflow=airflow.client()))


def names(**options: Any) -> list[str]:
    return [row["dag"] for row in list_dags(session(ERRORS), **options).data["dags"]]


def test_dags_with_their_schedules_and_last_runs() -> None:
    result = list_dags(session())
    assert result.exit_code == 0
    first = result.data["dags"][0]
    assert (first["dag"], first["bundle"], first["paused"], first["schedule"]) == ("demo", "main", True, "@daily")
    assert first["lastRun"] == {"run": RUN["dag_run_id"], "state": "queued", "started": "2026-11-21T05:11:13Z"}
    assert (result.data["dags"][1]["version"], result.data["dags"][1]["lastRun"]) == ("abc", None)


def test_airstrip_s_own_are_shown_when_they_are_asked_for() -> None:
    assert names() == ["demo", "apart"]
    assert names(built_in=True) == ["smoke", "demo", "apart"]
    assert names(bundle="airstrip") == ["smoke"]
    assert names(bundle="other") == ["apart"]
    assert names(only_errors=True) == []


def test_a_bundle_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError) as raised:
        names(bundle="mian")
    assert raised.value.fix == "One of: airstrip, main, other"


def test_a_file_that_cannot_be_imported_has_its_line_and_no_password() -> None:
    result = list_dags(session(ERRORS), only_errors=True)
    (error,) = result.data["importErrors"]
    assert (error["file"], error["line"]) == ("sub/bad.py", 7)
    assert error["message"] == "ValueError: postgresql://***@db/x is no database"
    assert result.exit_code == 0


def test_what_an_image_has_is_of_the_image_s_digest() -> None:
    image = {"name": "dag-processor", "image": "localhost/airstrip/airflow-dags@sha256:abc"}
    found = {"spec": {"template": {"spec": {"containers": [{"name": "mine", "image": "x@sha256:d"}, image]}}}}
    mine = cast(Any, session())
    mine.spec.dags, mine.spec.namespaces = Dags(in_image=True), SimpleNamespace(control="mine")
    mine.cluster = SimpleNamespace(get=lambda *_: found)
    versions = {row["dag"]: row["version"] for row in list_dags(mine, built_in=True).data["dags"]}
    assert versions == {"smoke": None, "demo": "sha256:abc", "apart": "abc"}
    mine.cluster = SimpleNamespace(get=lambda *_: None)
    assert list_dags(mine).data["dags"][0]["version"] is None
