"""Airflow's processes: scaled away, hanging, with settings that are not theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.operations import Session
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import delete_pods, frozen, secret_values
from tests.cluster.faults.objects import simple
from tests.cluster.kubectl import kubectl_patch
from tests.landing import NAME, eventually

OFTEN = """\
from datetime import UTC, datetime, timedelta
from airflow.sdk import DAG
with DAG("doctor_often", schedule=timedelta(seconds=20), start_date=datetime.fromisoformat("{now}"), catchup=True):
    pass
"""
"""With catchup: without it, whoever parses the file forgets what was due before."""


@pytest.mark.slow
def test_main_loops_that_do_not_turn(doctor: Doctor) -> None:
    """Their pods stay ready. What schedules is to be mended first, what parses last."""
    names = ("scheduler", "triggerer", "dag-processor")
    with frozen(doctor.cluster, *names):
        for name in names:
            finding = doctor.finds(f"{name}.silent", seconds=60)
            assert f"kubectl delete pod -n {NAME} -l app.kubernetes.io/component={name}" in finding["fix"]
            delete_pods(doctor.cluster, name)
        doctor.is_content(seconds=60)
    doctor.proves("scheduler", "triggerer", "dags")


@pytest.mark.slow
def test_an_api_server_that_hangs(doctor: Doctor) -> None:
    with frozen(doctor.cluster, "api-server"):
        finding = doctor.finds("airflow.unreachable")
        assert f"kubectl delete pod -n {NAME} -l app.kubernetes.io/component=api-server" in finding["fix"]
        delete_pods(doctor.cluster, "api-server")
        doctor.is_content(seconds=60)
    doctor.proves("web")


@pytest.mark.slow
def test_settings_that_are_not_airflow_s_or_not_those_that_were_landed(doctor: Doctor) -> None:
    """One thing more each time, which is to be mended before those that are wrong already; one `up` mends all."""
    with settings_by_hand(doctor) as change:
        change("dag-processor", AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT="50")
        finding = doctor.finds("settings.renamed", seconds=60)
        assert "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT" in finding["cause"]

        change("triggerer", "StatefulSet", AIRFLOW__CORE__PARALELISM="16")
        finding = doctor.finds("settings.unknown", seconds=60)
        assert "AIRFLOW__CORE__PARALELISM" in finding["symptom"]

        change("api-server", AIRFLOW__API__BASE_URL="http://localhost:8080/elsewhere")
        doctor.finds("airflow.not-airflow", seconds=60)
    doctor.is_content(seconds=60)
    doctor.proves("web")


@pytest.mark.slow
def test_a_scheduler_that_makes_no_runs(doctor: Doctor, session: Session) -> None:
    """It lives, and sends heartbeats."""
    file = doctor.landing.dags / "doctor_often.py"
    try:
        file.write_text(OFTEN.format(now=datetime.now(UTC).isoformat(timespec="seconds")))
        eventually(lambda: is_unpaused(session.airflow), seconds=30, what="the DAG is known")
        with settings_by_hand(doctor) as change:
            change("scheduler", AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE="False")
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
        doctor.proves("web")
    finally:
        session.airflow.accounts.add(
            "admin", admin["password"], "Admin", email="admin@localhost", first_name="admin", last_name="-"
        )
        session.airflow.accounts.delete("ada")


@contextmanager
def settings_by_hand(doctor: Doctor) -> Iterator[Callable[..., None]]:
    """Components read other ConfigMaps than were landed for them; `up`, the fix of all of them, ends it."""
    made: list[dict[str, Any]] = []

    def change(component: str, kind: str = "Deployment", **more: str) -> None:
        workload = doctor.cluster.get("apps/v1", kind, component, NAME)
        assert workload is not None
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        landed = doctor.cluster.get("v1", "ConfigMap", container["envFrom"][0]["configMapRef"]["name"], NAME)
        assert landed is not None
        other = simple("ConfigMap", f"{component}-by-hand", namespace=NAME, data={**landed["data"], **more})
        made.append(other)
        doctor.cluster.apply(other)
        changed = {"name": container["name"], "envFrom": [{"configMapRef": {"name": other["metadata"]["name"]}}]}
        kubectl_patch(doctor.cluster, kind, component, {"spec": {"template": {"spec": {"containers": [changed]}}}})

    try:
        yield change
    finally:
        doctor.lands_again()
        for other in made:
            doctor.delete(other)
