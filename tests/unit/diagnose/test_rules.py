"""One case for each symptom: facts in, the first finding out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from airstrip.diagnose import RULES, Facts, diagnose
from airstrip.diagnose.facts import ClaimFact, ContainerFact, EventFact, JobFact, NodeFact, PodFact

OPERATIONAL = "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) "
REFUSED = OPERATIONAL + 'connection to server at "postgresql" (10.96.0.9), port 5432 failed: Connection refused'
LOGIN = OPERATIONAL + 'FATAL:  password authentication failed for user "airflow"'


def pod(component: str, container: ContainerFact | None = None, **more: Any) -> PodFact:
    base = PodFact("airflow", f"{component}-0", component, f"StatefulSet/{component}", "Pending", 60.0)
    return replace(base, containers=(container,) if container else (), **more)


def waiting(reason: str, message: str = "", **more: Any) -> ContainerFact:
    return replace(ContainerFact("main", "localhost/airflow:1", "waiting", reason, message), **more)


def failing(*log: str, restarts: int = 1) -> ContainerFact:
    return ContainerFact("main", "i", "running", restarts=restarts, log=log, last_exit_code=1)


def event(about: str, reason: str, message: str) -> EventFact:
    return EventFact("airflow", about, reason, message, True, 3, "2026-01-01T00:00:00Z")


MIGRATION = pod("migration", ContainerFact("main", "i", "terminated", "Error", exit_code=1, log=("boom",)))
MIGRATION = replace(MIGRATION, owner="Job/migration", phase="Failed")
FAILED = JobFact("airflow", "migration", "migration", complete=False, failed=True, message="backoff limit reached")
CREATING = waiting("ContainerCreating")
NO_MOUNT = 'MountVolume.SetUp failed for volume "dags" : path does not exist'
EXCEEDED = 'pods "scheduler-x" is forbidden: exceeded quota: small'
VIOLATES = 'pods "scheduler-x" is forbidden: violates PodSecurity "restricted:latest"'
NO_ROOM = "0/1 nodes are available: 1 Insufficient cpu."
NO_CLAIM = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."

CASES = {
    "node.disk-pressure": (
        Facts(nodes=[NodeFact("n", True, "", ("DiskPressure",))]),
        "node n is short of disk, and evicts pods",
    ),
    "node.not-ready": (Facts(nodes=[NodeFact("n", False, "runtime is down")]), "node n is not ready"),
    "volume.not-bound": (
        Facts(
            pods=[pod("api-server", unschedulable=NO_CLAIM, claims=("logs",))],
            claims=[ClaimFact("airflow", "logs", "Pending", storage_class="fast")],
        ),
        "claim logs in airflow has no volume",
    ),
    "volume.not-mounted": (
        Facts(pods=[pod("api-server", CREATING)], events=[event("Pod/api-server-0", "FailedMount", NO_MOUNT)]),
        "api-server-0 cannot mount a volume",
    ),
    "image.missing": (
        Facts(pods=[pod("scheduler", waiting("ErrImageNeverPull"))]),
        "scheduler-0 cannot get its image localhost/airflow:1",
    ),
    "namespace.quota": (
        Facts(events=[event("ReplicaSet/scheduler-abc", "FailedCreate", EXCEEDED)]),
        "scheduler-abc may not make its pods: the quota of airflow is used up",
    ),
    "pod.security-violation": (
        Facts(events=[event("ReplicaSet/scheduler-abc", "FailedCreate", VIOLATES)]),
        "scheduler-abc may not make its pods: airflow enforces pod security",
    ),
    "pod.unschedulable": (Facts(pods=[pod("scheduler", unschedulable=NO_ROOM)]), "scheduler-0 finds no node"),
    "pod.config-error": (
        Facts(pods=[pod("scheduler", waiting("CreateContainerConfigError", 'secret "airflow-keys" not found'))]),
        "scheduler-0 cannot be started",
    ),
    "database.login-refused": (
        Facts(pods=[replace(MIGRATION, containers=(failing(LOGIN),))], jobs=[FAILED]),
        "the database refuses the login of migration",
    ),
    "database.unreachable": (
        Facts(pods=[replace(MIGRATION, containers=(failing(REFUSED),))], jobs=[FAILED]),
        "migration does not reach the database",
    ),
    "job.failed": (Facts(pods=[MIGRATION], jobs=[FAILED]), "Job migration failed"),
    "pod.crash-loop": (
        Facts(pods=[pod("scheduler", waiting("CrashLoopBackOff", restarts=4, last_exit_code=1, log=("boom",)))]),
        "scheduler-0 ends again and again (4 restarts)",
    ),
}


def test_every_rule_has_a_case() -> None:
    assert list(CASES) == [rule.code for rule in RULES]


@pytest.mark.parametrize("code", CASES)
def test_a_symptom_gets_its_cause_and_fix(code: str) -> None:
    facts, symptom = CASES[code]
    first = diagnose(facts)[0]
    assert (first.code, first.symptom) == (code, symptom)
    assert first.cause.endswith(".")
    assert first.fix
    assert "{" not in first.cause + first.fix


def test_nothing_is_found_where_all_is_well() -> None:
    running = ContainerFact("main", "i", "running", ready=True)
    healthy = Facts(
        pods=[pod("scheduler", running, phase="Running"), pod("api-server", CREATING, age=1.0)],
        claims=[ClaimFact("airflow", "spare", "Pending")],
        jobs=[JobFact("airflow", "migration", "migration", complete=True, failed=False)],
        nodes=[NodeFact("n", True)],
    )
    assert diagnose(healthy) == []


def test_a_cause_goes_before_what_it_brings_about() -> None:
    """The database's image is missing, so the migration does not reach it, so its Job fails."""
    facts = Facts(
        pods=[replace(MIGRATION, containers=(failing(REFUSED),)), pod("postgresql", waiting("ErrImageNeverPull"))],
        jobs=[FAILED],
    )
    assert [finding.code for finding in diagnose(facts)] == ["image.missing", "database.unreachable", "job.failed"]


def test_a_database_that_crashes_is_the_cause_itself() -> None:
    database = pod("postgresql", waiting("CrashLoopBackOff", restarts=3, log=("data directory has wrong ownership",)))
    facts = Facts(pods=[replace(MIGRATION, containers=(failing(REFUSED),)), database])
    findings = diagnose(facts)
    assert [finding.code for finding in findings] == ["pod.crash-loop"]
    assert "wrong ownership" in findings[0].evidence


def test_replicas_with_the_same_trouble_are_one_finding() -> None:
    replicas = [replace(pod("api-server", waiting("ErrImageNeverPull")), name=f"api-server-{n}") for n in range(3)]
    assert len(diagnose(Facts(pods=replicas))) == 1


def test_a_refusal_is_past_once_the_owner_has_pods() -> None:
    there = replace(pod("scheduler"), owner="ReplicaSet/scheduler-abc")
    refusal = event("ReplicaSet/scheduler-abc", "FailedCreate", EXCEEDED)
    assert diagnose(Facts(pods=[there], events=[refusal])) == []


def test_a_mount_that_failed_once_at_the_start_is_not_yet_a_finding() -> None:
    young = pod("api-server", CREATING, age=5.0)
    assert diagnose(Facts(pods=[young], events=[event("Pod/api-server-0", "FailedMount", NO_MOUNT)])) == []


def test_facts_are_json() -> None:
    facts, _ = CASES["volume.not-bound"]
    assert json.loads(json.dumps(facts.to_dict()))["claims"][0]["storage_class"] == "fast"


def test_what_is_about_other_components_explains_nothing_of_one() -> None:
    """A task's missing image and a Job that failed long ago are not why the scheduler crashes."""
    crashing = pod("scheduler", waiting("CrashLoopBackOff", restarts=3))
    task = pod("task", waiting("ErrImagePull", "no such image"))
    facts = Facts(
        pods=[task, crashing],
        jobs=[FAILED],
        events=[event("ReplicaSet/api-server-1", "FailedCreate", "exceeded quota: full")],
    )

    found = diagnose(facts.about({"scheduler", "postgresql"}))

    assert [finding.code for finding in found] == ["pod.crash-loop"]


def test_a_refusal_of_a_component_s_own_pods_is_about_it() -> None:
    facts = Facts(events=[event("ReplicaSet/scheduler-1", "FailedCreate", "exceeded quota: full")])

    assert [finding.code for finding in diagnose(facts.about({"scheduler"}))] == ["namespace.quota"]
    assert diagnose(facts.about({"triggerer"})) == []
