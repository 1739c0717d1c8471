"""Tasks of a group, a run of an older version of its DAG, and a run that somebody deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from airstrip.errors import AirflowError, UsageError
from airstrip.operations import Session
from tests.cluster.test_why import ask
from tests.landing import Landing, eventually

DAG = "why_versions"
FILE = """\
from airflow.sdk import dag, task, task_group

@dag(schedule=None)
def why_versions():
    @task_group
    def stage():
        @task
        def early():
            raise LookupError("no such day")

        @task
        def late():
            pass

        early() >> late()

    stage()

why_versions()
"""
NEWER = FILE.replace("early", "first").replace("late", "last")


@pytest.fixture(scope="module")
def run(landing: Landing, session: Session) -> Iterator[str]:
    """One that failed; at the end the DAG is gone."""
    airflow, file = session.airflow, landing.dags / "why_versions.py"
    try:
        file.write_text(FILE)
        eventually(lambda: DAG in {dag.dag_id for dag in airflow.dags()}, seconds=30, what="the DAG is known")
        airflow.unpause(DAG)
        name = airflow.trigger(DAG).run_id
        eventually(lambda: airflow.dag_run(DAG, name).ended, seconds=60, what="the run has ended")
        yield name
    finally:
        file.unlink(missing_ok=True)
        # Where it was never known, that is what the test tells.
        with suppress(AirflowError):
            airflow.values.delete_dag(DAG)


def test_a_task_of_a_group_is_explained_by_what_failed_before_it_there(session: Session, run: str) -> None:
    found = ask(session, DAG, "stage.late")
    assert [finding.code for finding in found.findings] == ["task.exception", "task.upstream-failed"]
    assert found.findings[0].cause == "LookupError: no such day."
    assert found.data["because"]["task"] == "stage.early"
    with pytest.raises(UsageError) as raised:
        ask(session, DAG, "late")
    assert raised.value.fix == "Its tasks: stage.early, stage.late"


def test_a_run_of_an_older_version_is_explained_as_it_was_and_then_deleted(
    landing: Landing, session: Session, run: str
) -> None:
    (landing.dags / "why_versions.py").write_text(NEWER)
    known = session.airflow.scheduling.tasks
    eventually(lambda: "stage.first" in known(DAG), seconds=30, what="the newer version is known")

    # It is the newest run still.
    assert [finding.code for finding in ask(session, DAG, "stage.early").findings] == ["task.exception"]
    assert ask(session, DAG, run=run).data["because"]["task"] == "stage.early"
    assert ask(session, DAG, "stage.late", run).findings[0].code == "task.upstream-failed"
    with pytest.raises(UsageError) as raised:
        ask(session, DAG, "stage.first", run)
    assert (raised.value.code, raised.value.fix) == ("why.unknown-task", "Its tasks: stage.early, stage.late")

    session.airflow.values.delete_run(DAG, run)
    done = landing.airstrip("why", DAG, "stage.early", "--run", run, "--json")
    (error,) = json.loads(done.stdout)["errors"]
    assert (done.returncode, error["code"], error["message"]) == (1, "airflow.run-not-found", f"{DAG} has no run {run}")
    assert error["fix"] == "See the last runs: ./airstrip status"
