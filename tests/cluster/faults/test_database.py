"""The database: away, closed, full, or with other tables than the image's Airflow has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from airstrip.kube import Cluster
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import (
    ask_database,
    connections_taken,
    delete_pods,
    edit_secret,
    is_resolved,
    restart,
    scale,
    secret_kept,
)
from tests.cluster.kubectl import kubectl_patch
from tests.landing import NAME, eventually

_UNKNOWN = "f00000000000"


def test_a_database_without_a_pod(doctor: Doctor) -> None:
    try:
        scale(doctor.cluster, "StatefulSet", "postgresql", 0)
        doctor.finds("database.stopped")
    finally:
        doctor.lands_again()
    doctor.is_content(seconds=90)
    doctor.proves("web")


@pytest.mark.slow
def test_a_service_that_leads_nowhere(doctor: Doctor) -> None:
    """Who is connected stays so; who starts finds nobody."""
    try:
        kubectl_patch(doctor.cluster, "Service", "postgresql", {"spec": {"selector": {"lost": "yes"}}})
        # DNS answers with what was for some seconds; who starts then is connected, and stays so.
        eventually(lambda: not is_resolved(doctor.cluster, "postgresql"), seconds=30, what="the name leads nowhere")
        delete_pods(doctor.cluster, "dag-processor")
        eventually(lambda: "dag-processor" in told(doctor), seconds=45, what="the dag-processor is named")
        # In between two of its lives too.
        for _ in range(5):
            assert "dag-processor" in told(doctor)
    finally:
        kubectl_patch(doctor.cluster, "Service", "postgresql", {"spec": {"selector": {"lost": None}}})
        doctor.lands_again()
    doctor.is_content(seconds=90)


def told(doctor: Doctor) -> str:
    """Who does not reach the database: all of them are in one finding."""
    (symptom, *more) = [row["symptom"] for row in doctor.looks() if row["code"] == "database.unreachable"] or [""]
    assert not more
    return symptom


@pytest.mark.slow
def test_a_password_that_is_not_the_database_s(doctor: Doctor) -> None:
    with secret_kept(doctor.cluster, "airflow-database") as values:
        url = values["sql-alchemy-conn"].replace(values["password"], "wrong")
        edit_secret(doctor.cluster, "airflow-database", password="wrong", sql_alchemy_conn=url)
        delete_pods(doctor.cluster, "dag-processor")
        finding = doctor.finds("database.login-refused")
        assert "dag-processor" in finding["symptom"]
        assert "wrong" not in finding["evidence"]
    doctor.lands_again()
    doctor.is_content(seconds=90)
    doctor.proves("migration")


@pytest.mark.slow
def test_connections_that_are_all_taken(doctor: Doctor) -> None:
    with connections_taken(doctor.cluster, 110):
        delete_pods(doctor.cluster, "dag-processor")
        doctor.finds("database.too-many-connections")
    doctor.lands_again()
    # What was logged counts for a minute.
    doctor.is_content(seconds=120)


def test_tables_of_a_newer_airflow(doctor: Doctor) -> None:
    with another_revision(doctor.cluster), doctor.made(failing_migration(doctor.cluster)):
        finding = doctor.finds("database.newer-than-image")
        assert _UNKNOWN in finding["evidence"]
    doctor.is_content()
    doctor.proves("migration")


@pytest.mark.slow
def test_tables_that_were_not_migrated(doctor: Doctor) -> None:
    """And an account whose password is not its Secret's: landing it again from the ground up mends both."""
    airflow = ask_database(doctor.cluster, "SELECT version_num FROM alembic_version")
    try:
        ask_database(doctor.cluster, "UPDATE ab_user SET password = 'x' WHERE username = 'airstrip'")
        doctor.finds("airflow.login-refused")
        ask_database(doctor.cluster, "DELETE FROM alembic_version")
        delete_pods(doctor.cluster, "dag-processor")
        finding = doctor.finds("database.not-migrated")
        assert "dag-processor" in finding["symptom"]
        doctor.landing.ok("down")
        doctor.lands_again()
        doctor.is_content(seconds=90)
        doctor.proves("migration", "web")
    finally:
        if not ask_database(doctor.cluster, "SELECT version_num FROM alembic_version"):
            ask_database(doctor.cluster, f"INSERT INTO alembic_version VALUES ('{airflow}')")
            restart(doctor.cluster, "dag-processor")


@contextmanager
def another_revision(cluster: Cluster) -> Iterator[None]:
    revision = ask_database(cluster, "SELECT version_num FROM alembic_version")
    try:
        ask_database(cluster, f"UPDATE alembic_version SET version_num = '{_UNKNOWN}'")
        yield
    finally:
        ask_database(cluster, f"UPDATE alembic_version SET version_num = '{revision}'")


def failing_migration(cluster: Cluster) -> dict[str, Any]:
    """As an `up` with another image makes it."""
    (job,) = cluster.list("batch/v1", "Job", NAME, label_selector="app.kubernetes.io/component=migration")
    labels = job["spec"]["template"]["metadata"]["labels"]
    labels = {key: value for key, value in labels.items() if key.startswith("app.kubernetes.io/")}
    template = {"metadata": {"labels": labels}, "spec": job["spec"]["template"]["spec"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migration-of-another-image", "namespace": NAME, "labels": labels},
        "spec": {"backoffLimit": 0, "template": template},
    }
