"""What decides whether a task is scheduled, as frozen values: see models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DagDetails:
    """A DAG with its schedule and limits. `schedule` is empty where it is only triggered; `run_timeout` is ISO 8601."""

    dag_id: str
    is_paused: bool = False
    is_stale: bool = False
    has_import_errors: bool = False
    file: str = ""
    schedule: str = ""
    start_date: str | None = None
    end_date: str | None = None
    next_run_after: str | None = None
    catchup: bool = False
    max_active_runs: int = 16
    max_active_tasks: int = 16
    run_timeout: str | None = None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> DagDetails:
        return cls(
            dag_id=body["dag_id"],
            is_paused=bool(body.get("is_paused")),
            is_stale=bool(body.get("is_stale")),
            has_import_errors=bool(body.get("has_import_errors")),
            file=body.get("relative_fileloc") or "",
            schedule=body.get("timetable_summary") or "",
            start_date=body.get("start_date"),
            end_date=body.get("end_date"),
            next_run_after=body.get("next_dagrun_run_after"),
            catchup=bool(body.get("catchup")),
            max_active_runs=body.get("max_active_runs") or 0,
            max_active_tasks=body.get("max_active_tasks") or 0,
            run_timeout=body.get("dag_run_timeout"),
        )


@dataclass(frozen=True)
class TaskDefinition:
    """A task as its DAG's newest version has it. `retry_delay` is in seconds."""

    task_id: str
    trigger_rule: str = "all_success"
    downstream: tuple[str, ...] = ()
    operator: str = ""
    retry_delay: float = 0.0
    has_backoff: bool = False

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> TaskDefinition:
        return cls(
            task_id=body["task_id"],
            trigger_rule=body.get("trigger_rule") or "all_success",
            downstream=tuple(body.get("downstream_task_ids") or ()),
            operator=body.get("operator_name") or (body.get("class_ref") or {}).get("class_name") or "",
            retry_delay=_seconds(body.get("retry_delay")),
            has_backoff=bool(body.get("retry_exponential_backoff")),
        )


@dataclass(frozen=True)
class Pool:
    """Slots in all (-1 where there is no limit), and by what takes them.

    `occupied` counts running and queued tasks, deferred ones where so set.
    """

    name: str
    slots: int
    occupied: int
    open: int
    running: int
    queued: int
    scheduled: int

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Pool:
        states = ("occupied", "open", "running", "queued", "scheduled")
        return cls(body["name"], body["slots"], *(body[f"{state}_slots"] for state in states))


@dataclass(frozen=True)
class Backfill:
    """One that goes on: its runs are counted by themselves."""

    is_paused: bool
    max_active_runs: int


@dataclass(frozen=True)
class Dependency:
    """One that is not met: Airflow's name of it, such as `Pool Slots Available`, and Airflow's words."""

    name: str
    reason: str


@dataclass(frozen=True)
class AuditEntry:
    """A row of the audit log: what was done, or happened to a task. `text` is empty where there is no more to say."""

    event: str
    when: str
    owner: str
    text: str

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> AuditEntry:
        return cls(body["event"], body["when"], body.get("owner") or "", body.get("extra") or "")


def _seconds(delta: object) -> float:
    """Of a timedelta as the API writes it."""
    if not isinstance(delta, Mapping):
        return 0.0
    return (
        float(delta.get("days", 0)) * 86400 + float(delta.get("seconds", 0)) + float(delta.get("microseconds", 0)) / 1e6
    )
