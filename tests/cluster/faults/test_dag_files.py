"""DAG files that Airflow cannot import, and tasks that a pool keeps from beginning."""

from __future__ import annotations

import os

import pytest

from airstrip.airflow_api import AirflowClient
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import logs_folder
from tests.landing import eventually

DAG = "from airflow.sdk import DAG\n"
GOOD = DAG + "with DAG('doctor_file'):\n    pass\n"


def test_a_file_with_a_mistake(doctor: Doctor) -> None:
    assert_found(doctor, DAG + "DAG(typo\n", "dags.import-error", GOOD)


def test_a_file_that_needs_a_provider(doctor: Doctor) -> None:
    """Its fix is another image; here the file does without."""
    finding = assert_found(
        doctor, DAG + "import airflow.providers.amazon.aws.hooks.s3\n", "dags.missing-provider", GOOD
    )
    assert "apache-airflow-providers-amazon" in finding["fix"]


def test_a_file_that_needs_a_module(doctor: Doctor) -> None:
    beside = doctor.landing.dags / "doctor_beside.py"
    try:
        path = doctor.landing.dags / "doctor_file.py"
        path.write_text(GOOD + "import doctor_beside\n")
        finding = doctor.finds("dags.missing-package")
        assert "doctor_beside" in finding["symptom"]
        beside.write_text("")
        # A file that changed is read at once, the others every half minute.
        path.touch()
        doctor.is_content(seconds=60)
        doctor.proves("dags")
    finally:
        path.unlink()
        beside.unlink(missing_ok=True)


@pytest.mark.slow
def test_a_pool_without_a_slot(doctor: Doctor, airflow: AirflowClient) -> None:
    """As long as nothing waits in it, that is how somebody wants it."""
    run = ""
    try:
        set_slots(airflow, 0)
        doctor.is_content()
        airflow.unpause("smoke")
        run = airflow.trigger("smoke").run_id
        finding = doctor.finds("pool.no-slots")
        assert finding["symptom"] == "pool default_pool has no slot, and 1 task waits in it"
    finally:
        set_slots(airflow, 128)
        if run:
            eventually(lambda: airflow.dag_run("smoke", run).ended, seconds=60, what="the run has ended")
    doctor.is_content()
    doctor.proves("task")


@pytest.mark.slow
def test_a_log_folder_that_a_task_may_not_write(doctor: Doctor) -> None:
    """As it is after somebody copied logs as root: the pod ends before its task can say why."""
    doctor.landing.ok("run", "smoke")
    folder = logs_folder(doctor.cluster) / "dag_id=smoke"
    facts = folder.stat()
    try:
        os.chown(folder, 0, 1)
        folder.chmod(0o755)
        assert doctor.landing.airstrip("run", "smoke").returncode == 3
        finding = doctor.finds("task.ended-early")
        assert "smoke.hello" in finding["symptom"]
    finally:
        os.chown(folder, facts.st_uid, facts.st_gid)
        folder.chmod(facts.st_mode)
    doctor.landing.ok("run", "smoke")
    # What was logged counts for a minute.
    doctor.is_content(seconds=90)


def set_slots(airflow: AirflowClient, slots: int) -> None:
    body = {"pool": "default_pool", "slots": slots, "include_deferred": False}
    airflow.transport.send("PATCH", "/api/v2/pools/default_pool", query={"update_mask": "slots"}, body=body)


def assert_found(doctor: Doctor, wrong: str, code: str, right: str) -> dict[str, str]:
    path = doctor.landing.dags / "doctor_file.py"
    try:
        path.write_text(wrong)
        finding = doctor.finds(code)
        assert "doctor_file.py" in finding["symptom"]
        path.write_text(right)
        doctor.is_content(seconds=60)
        doctor.proves("dags")
    finally:
        path.unlink()
    return finding
