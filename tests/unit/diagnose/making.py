"""Facts in few words, for the tables of cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airstrip.diagnose import DeploymentFact, Facts
from airstrip.diagnose.facts import ContainerFact, EventFact, JobFact, PodFact

Case = tuple[Facts, str]
"""Facts, and the symptom of the first finding."""

HERE = DeploymentFact("airflow", "airflow", "airflow-workers")
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


def running(*, ready: bool) -> ContainerFact:
    return ContainerFact("main", "i", "running", ready=ready)


def refused(message: str) -> Facts:
    """A ReplicaSet whose pods are refused with these words."""
    return Facts(deployment=HERE, events=[event("ReplicaSet/scheduler-abc", "FailedCreate", message)])


def event(about: str, reason: str, message: str) -> EventFact:
    return EventFact("airflow", about, reason, message, True, 3, "2026-01-01T00:00:00Z")


MIGRATION = pod("migration", ContainerFact("main", "i", "terminated", "Error", exit_code=1, log=("boom",)))
MIGRATION = replace(MIGRATION, owner="Job/migration", phase="Failed")
FAILED = JobFact("airflow", "migration", "migration", complete=False, failed=True, message="backoff limit reached")
CREATING = waiting("ContainerCreating")
