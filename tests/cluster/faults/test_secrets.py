"""Secrets that somebody changes, and who does not notice."""

from __future__ import annotations

import base64
import secrets as random

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.operations import Session
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import edit_secret, restart, secret_kept, secret_values
from tests.landing import NAME

KEYS, DATABASE, CLI = "airflow-keys", "airflow-database", "airflow-cli"


@pytest.mark.slow
def test_a_key_that_somebody_took_out_and_a_secret_that_is_gone(doctor: Doctor) -> None:
    """The fix makes both anew, and leaves the other keys. The Secret is the command line's own: without it nobody
    can log in to look."""
    before = secret_values(doctor.cluster, KEYS)
    try:
        edit_secret(doctor.cluster, KEYS, jwt_secret=None)
        finding = doctor.finds("secret.key-missing")
        assert "jwt-secret" in finding["symptom"]
        assert "cannot be read" not in finding["cause"]

        doctor.cluster.delete("v1", "Secret", CLI, NAME, wait=10)
        assert CLI in doctor.finds("secret.missing")["symptom"]
    finally:
        doctor.lands_again()
    doctor.is_content()
    after = secret_values(doctor.cluster, KEYS)
    changed = {key for key in before if after[key] != before[key]}
    assert (after.keys(), changed) == (before.keys(), {"jwt-secret"})
    doctor.landing.ok("users", "list")
    doctor.proves("web", "task")


def test_a_fernet_key_that_is_none(doctor: Doctor) -> None:
    with secret_kept(doctor.cluster, KEYS):
        edit_secret(doctor.cluster, KEYS, fernet_key="hunter2")
        finding = doctor.finds("secret.malformed")
        assert "fernet-key" in finding["symptom"]
        assert "hunter2" not in str(finding)
    doctor.lands_again()
    doctor.is_content()
    doctor.proves("fernet")


def test_a_password_that_was_changed_in_one_place_only(doctor: Doctor) -> None:
    with secret_kept(doctor.cluster, DATABASE):
        edit_secret(doctor.cluster, DATABASE, password="hunter2")
        assert "hunter2" not in str(doctor.finds("secret.database-url"))
    doctor.lands_again()
    doctor.is_content()
    # Its pod logs in with what is in the Secret.
    doctor.proves("migration")


@pytest.mark.slow
def test_keys_that_were_changed(doctor: Doctor, session: Session) -> None:
    """First nobody has the new ones, then the scheduler only, then all: and what was stored cannot be read."""
    airflow = session.airflow
    store(airflow)
    try:
        with secret_kept(doctor.cluster, KEYS):
            fernet = base64.urlsafe_b64encode(random.token_bytes(32)).decode()
            edit_secret(doctor.cluster, KEYS, fernet_key=fernet, jwt_secret=random.token_urlsafe(64))
            finding = doctor.finds("secret.not-rolled")
            assert "scheduler" in finding["symptom"]

            restart(doctor.cluster, "scheduler")
            assert doctor.landing.airstrip("run", "smoke", "--timeout", "40").returncode != 0
            doctor.finds("secret.jwt-differs")

            doctor.lands_again()
            finding = doctor.finds("secret.fernet-key-changed")
            assert "variable doctor" in finding["symptom"]
        doctor.lands_again()
        doctor.is_content()
        doctor.landing.ok("run", "smoke")
    finally:
        airflow.transport.send("DELETE", "/api/v2/variables/doctor")
        airflow.transport.send("DELETE", "/api/v2/connections/doctor")


def store(airflow: AirflowClient) -> None:
    airflow.transport.send("POST", "/api/v2/variables", body={"key": "doctor", "value": "kept"})
    connection = {"connection_id": "doctor", "conn_type": "http", "password": "kept"}
    airflow.transport.send("POST", "/api/v2/connections", body=connection)
