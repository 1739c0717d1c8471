"""What the API answers, as frozen values. Times are RFC 3339 strings in UTC, None where they did not come yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RUN_ENDED = frozenset({"success", "failed"})
TASK_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True)
class Dag:
    """`file` is relative to its bundle; `is_stale`: its file does not define it any more.

    `schedule` is Airflow's summary, None where it is only triggered; `version` is that of a bundle that has versions,
    `last_parsed` when its file was read last.
    """

    dag_id: str
    is_paused: bool
    is_stale: bool
    bundle_name: str | None
    file: str | None
    description: str | None
    tags: tuple[str, ...]
    has_import_errors: bool
    schedule: str | None = None
    version: str | None = None
    last_parsed: str | None = None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Dag:
        return cls(
            dag_id=body["dag_id"],
            is_paused=body["is_paused"],
            is_stale=bool(body.get("is_stale")),
            bundle_name=body.get("bundle_name"),
            file=body.get("relative_fileloc"),
            description=body.get("description"),
            tags=tuple(tag["name"] for tag in body.get("tags") or ()),
            has_import_errors=bool(body.get("has_import_errors")),
            schedule=body.get("timetable_summary"),
            version=body.get("bundle_version"),
            last_parsed=body.get("last_parsed_time"),
        )


@dataclass(frozen=True)
class DagRun:
    """`state`: queued, running, success or failed. `duration` is in seconds."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    run_after: str | None
    queued_at: str | None
    start_date: str | None
    end_date: str | None
    duration: float | None
    bundle_version: str | None
    conf: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in RUN_ENDED

    @property
    def is_backfill_s(self) -> bool:
        return self.run_type == "backfill"

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> DagRun:
        return cls(
            dag_id=body["dag_id"],
            run_id=body["dag_run_id"],
            state=body["state"],
            run_type=body["run_type"],
            run_after=body.get("run_after"),
            queued_at=body.get("queued_at"),
            start_date=body.get("start_date"),
            end_date=body.get("end_date"),
            duration=body.get("duration"),
            bundle_version=body.get("bundle_version"),
            conf=body.get("conf") or {},
        )


@dataclass(frozen=True)
class TaskInstance:
    """One task of one run, in its last try. `map_index` is -1 unless mapped; `state` is None before it is scheduled.

    `try_number` counts from 1, and is 0 while the task has not begun. `trigger` is the class that a deferred task waits
    for, `triggerer` the number of the triggerer's job that has it; `executor_config` is Python's own text.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    max_tries: int
    state: str | None
    operator: str | None
    hostname: str | None
    queued_when: str | None
    start_date: str | None
    end_date: str | None
    duration: float | None
    pool: str = "default_pool"
    pool_slots: int = 1
    trigger: str = ""
    triggerer: int | None = None
    executor_config: str = ""

    @property
    def ended(self) -> bool:
        return self.state in TASK_ENDED

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> TaskInstance:
        return cls(
            dag_id=body["dag_id"],
            run_id=body["dag_run_id"],
            task_id=body["task_id"],
            map_index=body["map_index"],
            try_number=body["try_number"],
            max_tries=body["max_tries"],
            state=body["state"],
            operator=body.get("operator_name") or body.get("operator"),
            hostname=body.get("hostname"),
            queued_when=body.get("queued_when"),
            start_date=body.get("start_date"),
            end_date=body.get("end_date"),
            duration=body.get("duration"),
            pool=body.get("pool") or "default_pool",
            pool_slots=body.get("pool_slots") or 1,
            trigger=(body.get("trigger") or {}).get("classpath") or "",
            triggerer=(body.get("trigger") or {}).get("triggerer_id"),
            executor_config=body.get("executor_config") or "",
        )


@dataclass(frozen=True)
class User:
    """An account of FAB's auth manager. `last_login` is the server's own time, without a zone."""

    username: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    active: bool
    last_login: str | None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> User:
        return cls(
            username=body["username"],
            email=body["email"],
            first_name=body["first_name"],
            last_name=body["last_name"],
            roles=tuple(role["name"] for role in body.get("roles") or ()),
            active=bool(body.get("active")),
            last_login=body.get("last_login"),
        )


@dataclass(frozen=True)
class DagImportError:
    """A DAG file that cannot be imported, with Python's own stack trace."""

    filename: str
    bundle_name: str | None
    timestamp: str | None
    stack_trace: str

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> DagImportError:
        return cls(
            filename=body["filename"],
            bundle_name=body.get("bundle_name"),
            timestamp=body.get("timestamp"),
            stack_trace=body["stack_trace"],
        )
