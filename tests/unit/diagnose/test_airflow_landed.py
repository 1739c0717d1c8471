"""What was landed, as facts: never a value of a Secret, only what is wrong with it and who reads it late."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

import pytest

from airstrip.checksum import checksum
from airstrip.diagnose.airflow import landed
from airstrip.diagnose.airflow.facts import SettingFact
from airstrip.diagnose.airflow.settings import unknown_settings
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.spec.airflow_options import airflow_options

FERNET = base64.urlsafe_b64encode(b"k" * 32).decode()
URL = "postgresql+psycopg2://airflow:{}@postgresql:5432/airflow"
LABELS = {"app.kubernetes.io/component": "scheduler"}
USED = [
    landed.Reference("scheduler", "keys", "fernet-key", "AIRFLOW__CORE__FERNET_KEY"),
    landed.Reference("scheduler", "keys", "sql", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
]


def secret(**data: str) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    fields = [
        {"time": "2026-11-21T10:00:00Z", "fieldsV1": {"f:data": {}}},
        {"time": "2026-11-21T12:00:00Z", "fieldsV1": {"f:metadata": {}}},
    ]
    metadata = {"name": "keys", "creationTimestamp": "2026-11-20T10:00:00Z", "managedFields": fields}
    return {"metadata": metadata, "data": {key.replace("_", "-"): value for key, value in encoded.items()}}


def pod(noted: str, started: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "s-1", "labels": LABELS, "annotations": {"checksum.airstrip/keys": noted}},
        "status": {"phase": "Running", "containerStatuses": [{"state": {"running": {"startedAt": started}}}]},
    }


def test_a_secret_that_is_right() -> None:
    right = secret(fernet_key=f"{FERNET},{FERNET}", sql=URL.format("a%2Fb"), password="a/b")
    found = landed.secret_fact("keys", right, USED)
    assert (found.present, found.missing, found.malformed, found.keeps_password) == (True, (), (), True)
    assert found.readers == ("scheduler",)


def test_what_is_wrong_is_told_by_the_names_of_keys() -> None:
    wrong = secret(fernet_key="hunter2", sql="", password="hunter3")
    found = landed.secret_fact("keys", wrong, USED)
    assert (found.missing, found.malformed) == (("sql",), ("fernet-key",))
    assert "hunter" not in json.dumps(asdict(found))


def test_two_passwords() -> None:
    wrong = secret(fernet_key=FERNET, sql=URL.format("old"), password="new")
    assert not landed.secret_fact("keys", wrong, USED).keeps_password


@pytest.mark.parametrize("password", ["a/b", "a[b", "a]b", "a#b", "a?b:c"])
def test_a_password_that_only_sqlalchemy_reads(password: str) -> None:
    """It connects with it, so nothing is wrong."""
    assert landed.secret_fact(
        "keys", secret(fernet_key=FERNET, sql=URL.format(password), password=password), USED
    ).keeps_password


def test_a_secret_that_is_not_there() -> None:
    assert not landed.secret_fact("keys", None, USED).present


@pytest.mark.parametrize(
    ("noted", "started", "current"),
    [
        ("same", "2026-11-21T09:00:00Z", True),
        ("other", "2026-11-21T09:00:00Z", False),
        # Started by hand after the change: what it notes is its workload's, and old.
        ("other", "2026-11-21T11:00:00Z", True),
    ],
)
def test_who_runs_with_what_a_secret_held_before(noted: str, started: str, current: bool) -> None:
    live = secret(fernet_key=FERNET)
    note = checksum(live["data"]) if noted == "same" else "0" * 16
    (found,) = landed.reader_facts([pod(note, started)], USED, {"keys": live})
    assert (found.component, found.current) == ("scheduler", current)


def test_settings_that_airflow_does_not_know() -> None:
    names = [
        "AIRFLOW__CORE__PARALELISM",
        "AIRFLOW__CORE__PARALLELISM",
        "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
        "AIRFLOW__MY_OWN_PROVIDER__ANYTHING",
        "AIRFLOW_HOME",
    ]
    assert list(unknown_settings("scheduler", names, airflow_options())) == [
        SettingFact(
            "scheduler",
            "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT",
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT",
        ),
        SettingFact("scheduler", "AIRFLOW__CORE__PARALELISM"),
    ]


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("psycopg2.OperationalError: FATAL:  sorry, too many clients already", "connections"),
        ("alembic.util.exc.CommandError: Can't locate revision identified by 'f00'", "newer"),
        ("Database migration required. Please run `airflow db migrate`.", "not-migrated"),
        ("PermissionError: [Errno 13] Permission denied: '/opt/airflow/logs/dag_id=a'", "log-folder"),
        ("airflow.sdk.api.client.ServerResponseError: Invalid auth token: Signature verification failed", "token"),
        ("cryptography.fernet.InvalidToken", "fernet"),
        ("ModuleNotFoundError: No module named 'airflow.providers.amazon'", "provider"),
    ],
)
def test_lines_whose_meaning_is_known(line: str, sign: str) -> None:
    assert find_signs(["all is well", line]) == {sign: (line,)}


def test_of_many_lines_the_last_few_are_kept() -> None:
    found = find_signs(f"{n}: sorry, too many clients already" for n in range(100))
    assert [line.partition(":")[0] for line in found["connections"]] == ["95", "96", "97", "98", "99"]
