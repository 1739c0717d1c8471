"""Whose words a log holds: what the user's own code says of disks, databases and tokens is not Airflow's trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.airflow_api import Inspection
from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.airflow import api_probe, landed_probe
from airstrip.diagnose.airflow.facts import SignFact
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.kube import Cluster
from tests.unit.airflow_api.test_client import Airflow, Answer, ok
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
    known |= {"dags/d/dagRuns/d/taskInstances/d/logs/1": ok({"content": list(records)})}
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


USERS_WAREHOUSE = "connection to server at db failed: Connection refused"
OURS = 'could not translate host name "postgresql" to address: Name or service not known'
NOT_LOGGED = f"Failed to log action (psycopg2.OperationalError) {OURS}"
BEGUN = "2026-11-21T18:24:11.000000Z [info     ] Starting the Dag Processor Job [airflow.jobs]"
RECOVERED = "2026-11-21T18:24:41.000000Z [info     ] Heartbeat recovered after 41.20 seconds"
TAKEN = "FATAL:  sorry, too many clients already"
LONG_AGO = 3600.0


def signs_of(
    component: str,
    log: list[str],
    *,
    ready: bool = True,
    life: float = LONG_AGO,
    before: Sequence[str] = (),
    ended: Mapping[str, object] | None = None,
) -> list[str]:
    """Of a container that runs since `life` seconds, whose life before ended with these words."""
    status: dict[str, Any] = {"name": "main", "ready": ready, "state": {"running": {"startedAt": ago(life)}}}
    if before:
        status["lastState"] = {"terminated": {"exitCode": 1, "finishedAt": ago(life + 12), **(ended or {})}}
    metadata = {"name": "p", "namespace": "c", "labels": {"app.kubernetes.io/component": component}}
    item = {"metadata": metadata, "status": {"containerStatuses": [status]}}

    def request(*_: object, query: dict[str, str]) -> httpx.Response:
        return httpx.Response(200, text="\n".join([*(before if "previous" in query else log), ""]))

    cluster = SimpleNamespace(list=lambda *_, **__: [item], transport=SimpleNamespace(request=request))
    facts = landed_probe.signs(cast(Cluster, cluster), DeploymentFact("x", "c", "w"))
    return [sign.sign for sign in facts.signs]


@pytest.mark.parametrize(
    ("component", "ready", "found"),
    [
        ("triggerer", True, []),
        ("dag-processor", True, []),
        ("dag-processor", False, ["unreachable"]),
        ("scheduler", True, ["unreachable"]),
        ("api-server", True, ["unreachable"]),
    ],
)
def test_who_runs_users_code_and_is_ready_speaks_of_their_databases(
    component: str, ready: bool, found: list[str]
) -> None:
    assert signs_of(component, [USERS_WAREHOUSE], ready=ready) == found


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ([NOT_LOGGED], ["unreachable"]),
        # Ready it is from its start, without a probe: before it has begun, no code but Airflow's is run.
        ([TAKEN], ["connections"]),
        ([NOT_LOGGED, BEGUN], []),
        ([BEGUN, TAKEN], []),
        ([BEGUN, OURS], ["unreachable"]),
        ([BEGUN, OURS, RECOVERED], []),
        ([BEGUN, RECOVERED, OURS], ["unreachable"]),
    ],
)
def test_what_a_dag_processor_says_before_it_reaches_the_database_is_past_once_it_has(
    log: list[str], found: list[str]
) -> None:
    assert signs_of("dag-processor", log, life=5.0) == found


@pytest.mark.parametrize("component", ["scheduler", "triggerer", "dag-processor"])
def test_one_that_starts_again_and_again_is_not_well_in_between(component: str) -> None:
    assert signs_of(component, [], life=3.0, before=[OURS]) == ["unreachable"]
    assert signs_of(component, [BEGUN], life=3.0, before=[OURS]) == []
    assert signs_of(component, [], life=LONG_AGO, before=[OURS]) == []


STARTING = "2026-11-21T18:24:11.000000Z [info     ] Starting the triggerer [airflow.jobs]"
NOT_LET_IN = 'connection to server at "db.example.com" failed: FATAL:  password authentication failed for user "a"'


@pytest.mark.parametrize(
    ("before", "log", "found"),
    [
        # It reached the database in the life before, and does not in this one.
        ([STARTING, "crash"], [NOT_LET_IN], ["login", "unreachable"]),
        # The user's code may have said so.
        ([STARTING, NOT_LET_IN], [], []),
        ([NOT_LET_IN], [], ["login", "unreachable"]),
        ([NOT_LET_IN], [TAKEN], ["login", "unreachable", "connections"]),
    ],
)
def test_each_life_of_a_process_is_judged_by_itself(before: list[str], log: list[str], found: list[str]) -> None:
    assert signs_of("triggerer", log, life=3.0, before=before) == found


def test_of_a_long_life_whose_beginning_is_not_seen_only_airflow_s_own_words_count() -> None:
    ended = {"startedAt": ago(LONG_AGO)}
    assert signs_of("triggerer", [], life=3.0, before=[NOT_LET_IN], ended=ended) == []
    ours = NOT_LET_IN.replace("db.example.com", "postgresql.air.svc")
    assert signs_of("triggerer", [], life=3.0, before=[ours], ended=ended) == ["login", "unreachable"]


def test_a_life_that_ended_nobody_knows_when_says_nothing() -> None:
    """The kubelet writes null where it lost sight of a container."""
    lost = {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None}
    assert signs_of("triggerer", [], life=3.0, before=[OURS], ended={**lost, "finishedAt": None}) == []
    assert signs_of("triggerer", [], life=3.0, before=[OURS], ended=lost) == ["unreachable"]


def test_an_api_server_that_is_well_again_is_not_asked_of_its_life_before() -> None:
    assert signs_of("api-server", [], life=3.0, before=[OURS]) == []


def test_whoever_does_not_reach_the_database_is_in_one_finding() -> None:
    signs = (
        SignFact("unreachable", "dag-processor", "dag-processor-1", ("first", OURS)),
        SignFact("unreachable", "api-server", "api-server-1", (OURS,)),
    )
    (finding,) = diagnose(replace(seen(signs=signs), pods=(pod("scheduler", failing(OURS)),)))
    assert finding.symptom == "the database is not reached by api-server, dag-processor, scheduler"
    assert finding.evidence.splitlines() == [f"{name}: {OURS}" for name in ("api-server", "dag-processor", "scheduler")]


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
