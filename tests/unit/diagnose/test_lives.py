"""Lives of a process: each is judged by what it logged itself, and by what its last words were where it has no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.diagnose import DeploymentFact
from airstrip.diagnose.airflow import landed_probe
from airstrip.kube import Cluster
from tests.unit.airflow_api.test_inspection import ago

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
    state: Mapping[str, object] | None = None,
    phase: str = "Running",
) -> list[str]:
    """Of a container that runs since `life` seconds, or is in `state`; its life before ended with these words."""
    now = state or {"running": {"startedAt": ago(life)}}
    status: dict[str, Any] = {"name": "main", "ready": ready, "state": now}
    if before and ended != {}:
        status["lastState"] = {"terminated": {"exitCode": 1, "finishedAt": ago(life + 12), **(ended or {})}}
    metadata = {"name": "p", "namespace": "c", "labels": {"app.kubernetes.io/component": component}}
    item = {"metadata": metadata, "status": {"phase": phase, "containerStatuses": [status]}}

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


def over(exit_code: int, since: float, life: float = 4.0) -> dict[str, object]:
    """The state of a container that ended `since` seconds ago."""
    return {"terminated": {"exitCode": exit_code, "finishedAt": ago(since), "startedAt": ago(since + life)}}


WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.mark.parametrize("component", ["scheduler", "triggerer", "dag-processor", "api-server"])
def test_one_that_ended_just_now_is_heard_before_it_is_started_again(component: str) -> None:
    """Whoever looked at the pods a moment before saw it run, and read no log of it."""
    assert signs_of(component, [OURS], ready=False, state=over(1, 0.5)) == ["unreachable"]
    assert signs_of(component, [OURS], ready=False, state=over(1, 90.0)) == []
    assert signs_of(component, [OURS], ready=False, state=over(0, 0.5)) == []
    assert signs_of(component, [OURS], ready=False, state=over(1, 0.5), phase="Failed") == []
    assert signs_of(component, [OURS], ready=False, state=WAITING, life=0.0, before=["x"]) == ["unreachable"]


def test_one_that_ended_after_long_may_have_said_what_the_user_s_code_did() -> None:
    assert signs_of("triggerer", [NOT_LET_IN], ready=False, state=over(1, 0.5, LONG_AGO)) == []
    assert signs_of("triggerer", [OURS], ready=False, state=over(1, 0.5, LONG_AGO)) == ["unreachable"]


def test_a_restart_that_the_api_has_not_heard_of_is_seen_by_its_log() -> None:
    """The kubelet reads the log of the life that it has: a new one, of which there is no word in the status yet."""
    assert signs_of("dag-processor", [], life=3.0, before=[OURS], ended={}) == ["unreachable"]


def test_an_api_server_that_is_well_again_is_not_asked_of_its_life_before() -> None:
    assert signs_of("api-server", [], life=3.0, before=[OURS]) == []
