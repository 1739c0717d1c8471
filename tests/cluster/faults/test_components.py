"""Airflow's processes: scaled away, hanging, with settings that are not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.operations import Session
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import delete_pods, frozen, secret_values
from tests.cluster.kubectl import kubectl_patch
from tests.landing import NAME, eventually

OFTEN = """\
from datetime import UTC, datetime, timedelta
from airflow.sdk import DAG
with DAG("doctor_often", schedule=timedelta(seconds=20), start_date=datetime.fromisoformat("{now}"), catchup=True):
    pass
"""
"""With catchup: without it, whoever parses the file forgets what was due before."""


def test_main_loops_that_do_not_turn(doctor: Doctor) -> None:
    """Their pods stay ready. What schedules is to be mended first, what parses last."""
    names = ("scheduler", "triggerer", "dag-processor")
    with frozen(doctor.cluster, *names):
        for name in names:
            finding = doctor.finds(f"{name}.silent", seconds=60)
            assert f"kubectl delete pod -n {NAME} -l app.kubernetes.io/component={name}" in finding["fix"]
            delete_pods(doctor.cluster, name)
        doctor.is_content(seconds=60)
    doctor.proves("scheduler")


def test_an_api_server_that_hangs(doctor: Doctor) -> None:
    with frozen(doctor.cluster, "api-server"):
        finding = doctor.finds("airflow.unreachable")
        assert f"kubectl delete pod -n {NAME} -l app.kubernetes.io/component=api-server" in finding["fix"]
        delete_pods(doctor.cluster, "api-server")
        doctor.is_content(seconds=60)
    doctor.proves("web")


def test_a_path_that_is_not_where_airflow_is_looked_for(doctor: Doctor) -> None:
    with other_settings(doctor, "api-server", {"AIRFLOW__API__BASE_URL": "http://localhost:8080/elsewhere"}):
        doctor.finds("airflow.not-airflow", seconds=60)
    doctor.is_content(seconds=60)
    doctor.proves("web")


def test_a_setting_that_airflow_does_not_know(doctor: Doctor) -> None:
    more = {"AIRFLOW__CORE__PARALELISM": "16"}
    with other_settings(doctor, "triggerer", more, kind="StatefulSet"):
        finding = doctor.finds("settings.unknown", seconds=60)
        assert "AIRFLOW__CORE__PARALELISM" in finding["symptom"]
    doctor.is_content(seconds=60)


@pytest.mark.slow
def test_a_setting_under_its_old_name(doctor: Doctor) -> None:
    more = {"AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT": "50"}
    with other_settings(doctor, "dag-processor", more):
        finding = doctor.finds("settings.renamed", seconds=60)
        assert "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT" in finding["cause"]
    doctor.is_content(seconds=60)


@pytest.mark.slow
def test_a_scheduler_that_makes_no_runs(doctor: Doctor, session: Session) -> None:
    """It lives, and sends heartbeats."""
    file = doctor.landing.dags / "doctor_often.py"
    try:
        file.write_text(OFTEN.format(now=datetime.now(UTC).isoformat(timespec="seconds")))
        eventually(lambda: is_unpaused(session.airflow), seconds=30, what="the DAG is known")
        with other_settings(doctor, "scheduler", {"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False"}):
            finding = doctor.finds("dag.overdue", seconds=150)
            assert "doctor_often" in finding["symptom"]
        doctor.is_content(seconds=60)
    finally:
        file.unlink(missing_ok=True)
        session.airflow.transport.send("DELETE", "/api/v2/dags/doctor_often")


def is_unpaused(airflow: AirflowClient) -> bool:
    try:
        return not airflow.unpause("doctor_often").is_paused
    except AirflowError as error:
        if error.code != "airflow.dag-not-found":
            raise
        return False


def test_no_person_who_may_all(doctor: Doctor, session: Session) -> None:
    admin = secret_values(doctor.cluster, "airflow-admin")
    try:
        session.airflow.accounts.delete("admin")
        doctor.finds("airflow.no-admin")
        doctor.landing.ok("users", "add", "ada", "--role", "Admin", "--generate")
        doctor.is_content()
    finally:
        session.airflow.accounts.add(
            "admin", admin["password"], "Admin", email="admin@localhost", first_name="admin", last_name="-"
        )
        session.airflow.accounts.delete("ada")


@contextmanager
def other_settings(doctor: Doctor, component: str, more: dict[str, str], kind: str = "Deployment") -> Iterator[None]:
    """The component reads another ConfigMap than was landed for it; `up`, the fix of all of them, ends it."""
    workload = doctor.cluster.get("apps/v1", kind, component, NAME)
    assert workload is not None
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    name = container["envFrom"][0]["configMapRef"]["name"]
    landed = doctor.cluster.get("v1", "ConfigMap", name, NAME)
    assert landed is not None
    metadata = {"name": f"{component}-by-hand", "namespace": NAME}
    other: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {**landed["data"], **more},
    }
    changed = {"name": container["name"], "envFrom": [{"configMapRef": {"name": metadata["name"]}}]}
    with doctor.made(other):
        try:
            kubectl_patch(doctor.cluster, kind, component, {"spec": {"template": {"spec": {"containers": [changed]}}}})
            yield
        finally:
            doctor.lands_again()
