"""What Airflow says of its scheduling: limits, dependencies that are not met, pools, its audit log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from airstrip.airflow_api.answers import pages
from airstrip.airflow_api.models import DagRun, TaskInstance
from airstrip.airflow_api.scheduling_models import (
    AuditEntry,
    Backfill,
    DagDetails,
    Dependency,
    Pool,
    TaskDefinition,
)
from airstrip.airflow_api.transport import Query, Transport
from airstrip.errors import AirflowError

_API = "/api/v2"
_MOST = 100
_MOST_PAGES = 50
_AT_ONCE = 4
_ACTIVE = ("running", "queued")


class Scheduling:
    """A part of AirflowClient: only reads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def dag(self, dag_id: str) -> DagDetails | None:
        """None where Airflow does not know it; one whose file is gone is stale."""
        body = self._optional(f"/dags/{_part(dag_id)}/details")
        return DagDetails.parse(body) if body else None

    def tasks(self, dag_id: str) -> dict[str, TaskDefinition]:
        """By name, of the newest version; empty where Airflow does not have it."""
        rows = self._optional(f"/dags/{_part(dag_id)}/tasks").get("tasks") or ()
        return {row["task_id"]: TaskDefinition.parse(row) for row in rows}

    def running_runs(self, dag_id: str) -> tuple[DagRun, ...]:
        """The oldest hundred that run."""
        query: Query = {"state": "running", "limit": _MOST, "order_by": "run_after"}
        body = self._transport.get(f"{_API}/dags/{_part(dag_id)}/dagRuns", query)
        return tuple(DagRun.parse(row) for row in body["dag_runs"])

    def backfill(self, dag_id: str) -> Backfill | None:
        """The DAG's that goes on: Airflow lets there be one at a time."""
        query: Query = {"dag_id": dag_id, "limit": 1, "order_by": "-id"}
        rows = self._transport.get(f"{_API}/backfills", query)["backfills"]
        return next(
            (Backfill(row["is_paused"], row["max_active_runs"]) for row in rows if not row["completed_at"]), None
        )

    def versions_in_use(self) -> frozenset[str] | None:
        """The bundle versions of all runs that have not ended; None where there are too many runs to look at.

        A page begins after the last run of the one before, and not at a number: runs end meanwhile, and those after
        them would move past the look.
        """
        found: set[str] = set()
        cursor = ""
        for _ in range(_MOST_PAGES):
            query: Query = {"state": _ACTIVE, "limit": _MOST, "cursor": cursor, "order_by": "id"}
            body = self._transport.get(f"{_API}/dags/~/dagRuns", query)
            rows = body["dag_runs"]
            found |= {run.bundle_version for run in map(DagRun.parse, rows) if run.bundle_version}
            cursor = body.get("next_cursor") or ""
            if not cursor:
                # An Airflow that knows no cursor says nothing of what comes after a full page.
                return frozenset(found) if len(rows) < _MOST or "next_cursor" in body else None
        return None

    def last_runs(self, dag_ids: Collection[str]) -> dict[str, DagRun]:
        """The newest run of each DAG that has any: most are among the newest of all, the others are asked for."""
        newest = self._newest("~", _MOST)
        found: dict[str, DagRun] = {}
        for run in newest:
            found.setdefault(run.dag_id, run)
        others = [dag_id for dag_id in dag_ids if dag_id not in found] if len(newest) == _MOST else []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for runs in pool.map(lambda dag_id: self._newest(dag_id, 1), others):
                found |= {run.dag_id: run for run in runs}
        return {dag_id: found[dag_id] for dag_id in dag_ids if dag_id in found}

    def _newest(self, dag_id: str, limit: int) -> list[DagRun]:
        query: Query = {"limit": limit, "order_by": "-run_after"}
        body = self._optional(f"/dags/{_part(dag_id)}/dagRuns", query)
        return [DagRun.parse(row) for row in body.get("dag_runs") or ()]

    def dependencies(self, task: TaskInstance) -> tuple[Dependency, ...]:
        """Those that are not met; Airflow tells them only of a task that waits to be scheduled or queued."""
        index = f"/{task.map_index}" if task.map_index >= 0 else ""
        path = f"/dags/{_part(task.dag_id)}/dagRuns/{_part(task.run_id)}/taskInstances/{_part(task.task_id)}{index}"
        rows = self._optional(f"{path}/dependencies").get("dependencies") or ()
        return tuple(Dependency(row["name"], row["reason"]) for row in rows)

    def pool(self, name: str) -> Pool | None:
        body = self._optional(f"/pools/{_part(name)}")
        return Pool.parse(body) if body else None

    def active_tasks(self, **query: str) -> tuple[int, tuple[TaskInstance, ...]]:
        """How many run or are queued, of all or of those with a `pool`, and the first hundred of them."""
        path = f"{_API}/dags/~/dagRuns/~/taskInstances"
        body = self._transport.get(path, {**query, "state": _ACTIVE, "limit": _MOST})
        return body["total_entries"] or 0, tuple(TaskInstance.parse(row) for row in body["task_instances"])

    def tasks_at_work(self) -> tuple[TaskInstance, ...]:
        """All that run or are queued, in all runs."""
        path = f"{_API}/dags/~/dagRuns/~/taskInstances"
        # What is begun between two pages may be left out.
        query: Query = {"state": _ACTIVE, "order_by": "id"}
        return tuple(TaskInstance.parse(row) for row in pages(self._transport, path, "task_instances", query))

    def audit(self, task: TaskInstance) -> tuple[AuditEntry, ...]:
        """What the scheduler noted of a task's last try, and people of the task in its run, oldest first."""
        query: Query = {"dag_id": task.dag_id, "run_id": task.run_id, "task_id": task.task_id}
        rows = self._transport.get(f"{_API}/eventLogs", {**query, "order_by": "-when", "limit": _MOST})["event_logs"]
        return tuple(AuditEntry.parse(row) for row in reversed(rows) if _is_about(row, task))

    def _optional(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """Empty where there is no such thing."""
        try:
            return self._transport.get(_API + path, query)
        except AirflowError as error:
            if error.status != 404:
                raise
            return {}


def _is_about(row: Mapping[str, Any], task: TaskInstance) -> bool:
    """People's deeds are noted without a try, and on a mapped task without an index."""
    return row.get("map_index") in (None, -1, task.map_index) and row.get("try_number") in (None, task.try_number)


def _part(text: str) -> str:
    return quote(text, safe="")
