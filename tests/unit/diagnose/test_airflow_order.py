"""Of Airflow's troubles the cause is told first, and what follows from it is not told at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import (
    AirflowFacts,
    HeartbeatFact,
    PoolFact,
    ReaderFact,
    SecretFact,
    SignFact,
    TaskFact,
    TaskSignFact,
)
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.diagnose.facts import ProbeFact
from airstrip.providers import provider_package
from tests.unit.diagnose.airflow_cases import DEPLOYMENT, JWT, beating, seen, workload
from tests.unit.diagnose.making import FAILED, REFUSED, pod, waiting

UNAVAILABLE = ProbeFact("airflow-work", "failed", "it does not reach its database", 0.1, "airflow.unavailable")


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in diagnose(facts)]


def test_a_database_that_is_away_is_one_finding_and_not_five_crash_loops() -> None:
    """As it was seen some minutes after its StatefulSet was scaled to zero."""
    names = ("api-server", "scheduler", "dag-processor", "triggerer", "migration")
    pods = [pod(name, waiting("CrashLoopBackOff", restarts=4, last_exit_code=1, log=(REFUSED,))) for name in names]
    airflow = AirflowFacts(
        database="unhealthy",
        heartbeats=(HeartbeatFact("scheduler", "unhealthy", 300.0), HeartbeatFact("triggerer", "unhealthy", 300.0)),
        signs=(SignFact("unreachable", "scheduler", "scheduler-0", (REFUSED,)),),
    )
    facts = Facts(
        deployment=DEPLOYMENT,
        probes=[UNAVAILABLE],
        pods=pods,
        jobs=[FAILED],
        workloads=[workload("postgresql", 0), *(workload(name) for name in names[:4])],
        airflow=airflow,
    )
    assert codes(facts) == ["database.stopped"]


@pytest.mark.parametrize("probe", ["airflow", "airflow-work"])
def test_an_api_that_lacks_its_database_is_told_as_the_database(probe: str) -> None:
    assert codes(seen(replace(UNAVAILABLE, name=probe), database="unhealthy")) == ["database.unhealthy"]


def test_a_secret_that_is_gone_goes_before_the_pods_that_need_it() -> None:
    starting = pod("scheduler", waiting("CreateContainerConfigError", 'secret "airflow-keys" not found'))
    gone = (SecretFact("airflow-keys", False, ("scheduler", "api-server")),)
    assert codes(replace(seen(secrets=gone), pods=(starting,))) == ["secret.missing"]


def test_a_task_that_was_refused_follows_from_keys_that_differ() -> None:
    facts = seen(
        readers=(
            ReaderFact("scheduler", "scheduler-1", "airflow-keys", JWT, True),
            ReaderFact("api-server", "api-server-1", "airflow-keys", JWT, False),
        ),
        task_signs=(TaskSignFact("token", "daily", "r1", "load", ("Invalid auth token",)),),
    )
    assert codes(facts) == ["secret.jwt-differs"]


def test_who_starts_anew_in_time_is_not_silent() -> None:
    assert codes(beating("scheduler", 6.0)) == []


def test_a_heartbeat_is_old_where_there_is_no_pod_and_that_is_told() -> None:
    facts = replace(beating("scheduler", 300.0), workloads=(workload("scheduler", 0),))
    assert codes(facts) == ["component.scaled-to-zero"]


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("airflow.providers.amazon", "apache-airflow-providers-amazon"),
        ("airflow.providers.cncf.kubernetes.operators.pod", "apache-airflow-providers-cncf-kubernetes"),
        ("airflow.providers.microsoft.azure.hooks", "apache-airflow-providers-microsoft-azure"),
        ("airflow.providers.apache.spark", "apache-airflow-providers-apache-spark"),
        ("airflow.providers.dbt.cloud", "apache-airflow-providers-dbt-cloud"),
    ],
)
def test_which_package_brings_a_provider(module: str, package: str) -> None:
    assert provider_package(module) == package


@pytest.mark.parametrize(
    ("name", "missing", "lost"),
    [
        ("airflow-keys", ("jwt-secret",), ""),
        ("airflow-keys", ("fernet-key",), "stored connections"),
        ("airflow-keys", (), "stored connections"),
        ("airflow-database", ("password",), ""),
        ("airflow-database", (), "nobody gets into the database"),
        ("airflow-cli", (), ""),
    ],
)
def test_what_is_lost_with_a_secret_or_a_key_is_said(name: str, missing: tuple[str, ...], lost: str) -> None:
    (finding,) = diagnose(seen(secrets=(SecretFact(name, bool(missing), ("scheduler",), missing),)))
    assert lost in finding.cause
    assert ("Without" in finding.cause) is bool(lost)
    assert "./airstrip up" in finding.fix
    assert "delete the Secret" not in finding.fix


def test_an_airflow_that_is_only_slow_is_not_taken_down() -> None:
    (finding,) = diagnose(seen(ProbeFact("airflow", "failed", "no answer within 5 s", 5.0, "probe.timeout")))
    assert finding.code == "airflow.unreachable"
    assert "./airstrip down" not in finding.fix


def test_a_pool_without_a_slot_in_which_nothing_waits_is_how_somebody_wants_it() -> None:
    assert codes(seen(pools=(PoolFact("closed", 0),))) == []
    assert codes(seen(pools=(PoolFact("closed", 0, queued=1),))) == ["pool.no-slots"]


@pytest.mark.parametrize(("schedulers", "found"), [(1, ["executor.full"]), (2, [])])
def test_each_scheduler_has_an_executor_of_its_own(schedulers: int, found: list[str]) -> None:
    late = TaskFact("daily", "r1", "load", "scheduled", 400.0)
    facts = seen(parallelism=8, active=8, waiting=(late,))
    assert codes(replace(facts, workloads=(workload("scheduler", schedulers),))) == found


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Invalid auth token: Signature has expired", "task.token-expired"),
        ("Invalid auth token: Signature verification failed", "task.token-refused"),
    ],
)
def test_a_token_that_expired_is_not_one_of_another_key(line: str, code: str) -> None:
    signs = tuple(TaskSignFact(sign, "daily", "r1", "load", lines) for sign, lines in find_signs([line]).items())
    assert codes(seen(task_signs=signs)) == [code]
