"""Whose words a log holds: what the user's own code says of disks, databases and tokens is not Airflow's trouble."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from airstrip.airflow_api import Inspection
from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow import api_probe
from airstrip.diagnose.airflow.facts import SignFact
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.diagnose.facts import ContainerFact
from tests.unit.airflow_api.test_client import Airflow, Answer, in_lines, ok
from tests.unit.airflow_api.test_inspection import ago
from tests.unit.diagnose.airflow_cases import AIRFLOW_CASES, seen
from tests.unit.diagnose.making import failing, pod

FULL = "OSError: [Errno 28] No space left on device"
EXTEND = 'could not extend file "base/1": No space left on device'
SDK = "/opt/venv/lib/python3.12/site-packages/airflow/sdk/"
RUNNER = {"filename": f"{SDK}execution_time/task_runner.py", "lineno": 1, "name": "run"}
COMMS = {"filename": f"{SDK}execution_time/comms.py", "lineno": 2, "name": "send"}
HTTPX = {"filename": "/opt/venv/lib/python3.12/site-packages/httpx/_client.py", "lineno": 3, "name": "get"}
USERS = {"filename": "/opt/airflow/dags/load.py", "lineno": 4, "name": "load"}
HTTP_HOOK = {"filename": "/opt/venv/lib/python3.12/site-packages/airflow/providers/http/hooks/http.py", "lineno": 5}


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in diagnose(facts)]


@pytest.mark.parametrize("component", ["scheduler", "api-server", "triggerer"])
def test_another_disk_that_is_full_is_not_the_database_s(component: str) -> None:
    assert "database.disk-full" not in codes(Facts(pods=[pod(component, failing(FULL))]))
    assert codes(Facts(pods=[pod(component, failing(EXTEND))])) == ["database.disk-full"]


def test_the_database_s_own_pod_need_not_say_what_it_could_not_write() -> None:
    (finding,) = diagnose(seen(signs=(SignFact("no-room", "postgresql", "postgresql-0", (FULL,)),)))
    assert (finding.code, finding.evidence) == ("database.disk-full", FULL)


def test_what_a_user_s_pod_says_of_its_own_database_is_no_finding() -> None:
    log = (EXTEND, "connection to server at db failed: Connection refused", "sorry, too many clients already")
    assert codes(Facts(pods=[pod("", failing(*log))])) == []


@pytest.mark.parametrize("component", ["", "task", "spark"])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("RuntimeError: Could not read s3://data/day.csv", "logs.remote"),
        ("ModuleNotFoundError: No module named 'airflow.providers.amazon.aws'", "image.missing-provider"),
    ],
)
def test_what_a_user_s_pod_says_of_its_own_store_or_image_is_not_airflow_s(
    component: str, line: str, code: str
) -> None:
    assert codes(replace(seen(), pods=(pod(component, failing(line)),))) == []
    assert codes(replace(seen(), pods=(pod("api-server", failing(line)),))) == [code]


def test_a_folder_of_logs_that_is_full_is_told_as_such() -> None:
    line = f"{FULL}: '/opt/airflow/logs/dag_id=daily'"
    assert codes(Facts(pods=[pod("scheduler", failing(line))])) == ["logs.refused"]


def work(*records: dict[str, Any], **answers: httpx.Response) -> Airflow:
    task = {
        **dict.fromkeys(("dag_id", "dag_run_id", "task_id"), "d"),
        **{"map_index": -1, "try_number": 1, "max_tries": 0, "state": "failed", "end_date": ago(5)},
    }

    def tasks(request: httpx.Request) -> httpx.Response:
        rows = [task] if request.url.params["state"] == "failed" else []
        return ok({"task_instances": rows, "total_entries": len(rows)})

    def listed(name: str) -> httpx.Response:
        return ok({name: [], "total_entries": 0})

    names = {"pools": "pools", "dags": "dags", "variables": "variables", "connections": "connections"}
    names |= {"importErrors": "import_errors", "/auth/fab/v1/users": "users"}
    known: dict[str, httpx.Response | Answer] = {path: listed(name) for path, name in names.items()}
    known |= {"version": ok({"version": "3.3.2"}), "dags/~/dagRuns/~/taskInstances": tasks}
    known |= {"dags/d/dagRuns/d/taskInstances/d/logs/1": in_lines(*records)}
    return Airflow(**{**known, **answers})


def signs(*records: dict[str, Any]) -> list[str]:
    client = work(*records).client()
    return [sign.sign for sign in api_probe.task_logs(client, Inspection(client)).task_signs]


def said(event: str, logger: str) -> dict[str, Any]:
    return {"event": event, "level": "error", "logger": logger}


def raised(kind: str, value: str, *frames: dict[str, Any]) -> dict[str, Any]:
    error = {"exc_type": kind, "exc_value": value, "frames": list(frames)}
    return {"event": "Task failed with exception", "level": "error", "logger": "task", "error_detail": [error]}


@pytest.mark.parametrize(
    "record",
    [
        raised("ReadTimeout", "httpx.ReadTimeout: timed out", RUNNER, USERS, HTTPX),
        raised("ReadTimeout", "httpx.ReadTimeout: timed out", RUNNER, HTTP_HOOK, HTTPX),
        raised("ExpiredSignatureError", "Signature has expired", RUNNER, USERS),
        said("Could not read s3://bucket/loss.csv", "task.stdout"),
        said("Could not read loss.csv", "airflow.task"),
        said("without a heartbeat", "pipeline"),
    ],
)
def test_what_a_task_says_of_its_own_is_no_sign(record: dict[str, Any]) -> None:
    assert signs(record) == []


@pytest.mark.parametrize(
    ("record", "sign"),
    [
        (raised("ServerResponseError", "Invalid auth token: Signature has expired", RUNNER, COMMS), "token-expired"),
        (raised("ServerResponseError", "Invalid auth token", RUNNER, USERS, COMMS), "token"),
        (raised("ReadTimeout", "timed out", RUNNER, COMMS, HTTPX), "overloaded"),
        (said("Could not write logs to s3://bucket", "airflow.providers.amazon.aws.log.s3_task_handler"), "remote-log"),
        (said("Permission denied: '/opt/airflow/logs/dag_id=d'", "task.stdout"), "log-folder"),
    ],
)
def test_what_airflow_says_in_a_task_s_log_is_one(record: dict[str, Any], sign: str) -> None:
    assert sign in signs(record)


def test_of_what_a_dag_file_may_have_logged_only_airflow_s_own_words_count() -> None:
    lines = ['relation "orders" does not exist', "FATAL: sorry, too many clients already", "httpx.ReadTimeout"]
    assert find_signs(lines, mixed=True) == {}
    assert list(find_signs(["Database migration required."], mixed=True)) == ["not-migrated"]
    assert "not-migrated" not in find_signs(lines)


OURS = 'could not translate host name "postgresql" to address: Name or service not known'


def test_whoever_does_not_reach_the_database_is_in_one_finding() -> None:
    signs = (
        SignFact("unreachable", "dag-processor", "dag-processor-1", ("first", OURS)),
        SignFact("unreachable", "api-server", "api-server-1", (OURS,)),
    )
    (finding,) = diagnose(replace(seen(signs=signs), pods=(pod("scheduler", failing(OURS)),)))
    assert finding.symptom == "the database is not reached by api-server, dag-processor, scheduler"
    assert finding.evidence.splitlines() == [f"{name}: {OURS}" for name in ("api-server", "dag-processor", "scheduler")]


@pytest.mark.parametrize(
    ("container", "found"),
    [
        # It was restarted with its node, hours ago.
        ({"ready": True, "restarts": 1, "last_ended": 7200.0}, ["database.unreachable"]),
        ({"ready": True, "restarts": 1, "last_ended": None}, ["database.unreachable"]),
        ({"ready": True, "restarts": 1, "last_ended": 5.0}, []),
        ({"ready": False, "restarts": 1, "last_ended": 5.0}, []),
    ],
)
def test_a_database_that_restarted_once_may_still_be_one_that_nobody_reaches(
    container: dict[str, Any], found: list[str]
) -> None:
    """Where its own pod fails now, that says more."""
    database = pod("postgresql", ContainerFact("postgresql", "i", "running", **container))
    facts = seen(signs=(SignFact("unreachable", "dag-processor", "d-1", (OURS,)),))
    assert codes(replace(facts, pods=(database,))) == found


def test_an_import_error_s_credentials_are_struck_out() -> None:
    row = {
        "filename": "d.py",
        "bundle_name": "main",
        "timestamp": None,
        "stack_trace": 'Traceback\nValueError: cannot reach "postgresql://u:hunter3@host/db"\n',
    }
    airflow = work(importErrors=ok({"import_errors": [row], "total_entries": 1}))
    client = airflow.client()
    (error,) = api_probe.dags(client, Inspection(client)).import_errors
    assert error.message == 'ValueError: cannot reach "postgresql://***@host/db"'


def test_a_dag_processor_that_is_ready_may_still_not_reach_airflow_s_database() -> None:
    """No probe of its says so; of the user's own database it may speak as well."""
    ours = 'connection to server at "postgresql.air.svc" (10.1.2.3), port 5432 failed: Connection refused'
    users = 'connection to server at "warehouse" (10.1.2.4), port 5432 failed: Connection refused'
    assert find_signs([users, ours], mixed=True) == {"unreachable": (ours,)}


def test_of_a_task_that_the_log_does_not_name_no_name_is_made_up() -> None:
    line = "Detected a task instance without a heartbeat: TaskCallbackRequest(filepath='daily.py')"
    (finding,) = diagnose(seen(signs=(SignFact("heartbeat-timeout", "scheduler", "scheduler-0", (line,)),)))
    assert finding.symptom == "a task was given up: the scheduler heard no heartbeat of it for too long"
    assert finding.fix == "Read what was logged, ./airstrip logs scheduler, and look at ./airstrip status"
    (named,) = diagnose(AIRFLOW_CASES["task.heartbeat-timeout"][0])
    assert named.fix == (
        "Read what was logged, ./airstrip logs daily load --run r1, and look at ./airstrip status; then run it again:"
        " ./airstrip run daily"
    )
