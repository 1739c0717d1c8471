"""What Airflow tells whoever looks for the reason why it does not work. Reads only."""

from __future__ import annotations

import datetime
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airstrip import times
from airstrip.airflow_api.answers import pages
from airstrip.airflow_api.client import AirflowClient
from airstrip.airflow_api.models import TaskInstance
from airstrip.airflow_api.scheduling_models import Pool
from airstrip.airflow_api.transport import Query
from airstrip.errors import AirflowError

_API = "/api/v2"
_MOST = 100
_NO_LIMIT = sys.maxsize
_ALL_TASKS = f"{_API}/dags/~/dagRuns/~/taskInstances"


@dataclass(frozen=True)
class WaitingTask:
    """A task that waits as queued or scheduled, for so many seconds in that state."""

    dag_id: str
    run_id: str
    task_id: str
    state: str
    pool: str
    seconds: float


@dataclass(frozen=True)
class Overdue:
    """A DAG whose next run should have been made so many seconds ago."""

    dag_id: str
    seconds: float


class Inspection:
    """Looks at one Airflow; every failure is an AirflowError. `ahead` is its clock's lead over ours in seconds."""

    def __init__(self, client: AirflowClient, ahead: float = 0.0) -> None:
        self._transport = client.transport
        self._now = times.now() + datetime.timedelta(seconds=ahead)

    def pools(self) -> tuple[Pool, ...]:
        return tuple(Pool.parse(row) for row in self._all("pools", order_by="name"))

    def waiting(self) -> tuple[WaitingTask, ...]:
        """Tasks that are scheduled or queued, a hundred of each at most."""
        return tuple(self._waiting(row) for state in ("queued", "scheduled") for row in self._tasks(state))

    def active(self) -> int:
        """How many tasks hold one of the executor's places."""
        return sum(self._count(state) for state in ("queued", "running"))

    def just_failed(self, seconds: float) -> tuple[TaskInstance, ...]:
        """Tasks whose last try failed so short ago; three at most."""
        tasks = [
            TaskInstance.parse(row)
            for state in ("failed", "up_for_retry")
            for row in self._tasks(state, limit=3, order_by="-end_date")
        ]
        return tuple(task for task in tasks if self._since(task.end_date) <= seconds)[:3]

    def overdue(self) -> tuple[Overdue, ...]:
        """DAGs that are not paused and whose next run the scheduler should have made.

        It makes none of a DAG that has import errors, or as many runs as it may have: the due time stays then.
        """
        rows = self._all("dags", order_by="dag_id", paused="false")
        late = [row for row in rows if _may_run(row) and self._since(row.get("next_dagrun_run_after")) > 0]
        active = self._active_runs() if late else Counter[str]()
        return tuple(
            Overdue(row["dag_id"], self._since(row["next_dagrun_run_after"]))
            for row in late
            if active[row["dag_id"]] < (row.get("max_active_runs") or _NO_LIMIT)
        )

    def _active_runs(self) -> Counter[str]:
        """By DAG. Those of backfills have limits of their own."""
        found: Counter[str] = Counter()
        read = 0
        while True:
            query: Query = {"limit": _MOST, "offset": read, "order_by": "id", "state": ("queued", "running")}
            body = self._transport.get(f"{_API}/dags/~/dagRuns", query)
            rows = body["dag_runs"]
            found.update(row["dag_id"] for row in rows if row["run_type"] != "backfill")
            read += len(rows)
            if not rows or read >= body["total_entries"]:
                return found

    def unreadable_variables(self) -> tuple[str, ...]:
        """Names of those that Airflow cannot decrypt; their values are looked at by nobody."""
        rows = self._all("variables", order_by="key")
        return tuple(row["key"] for row in rows if row["is_encrypted"] and row["value"] is None)

    def lists_connections(self) -> bool:
        """False where the API server fails to: it does for all with one that it cannot decrypt, and does not say so."""
        read = 0
        while True:
            query: Query = {"limit": _MOST, "offset": read, "order_by": "connection_id"}
            try:
                body = self._transport.send("GET", f"{_API}/connections", query=query)
            except AirflowError as error:
                if error.status != 500:
                    raise
                return False
            read += len(body["connections"])
            if not body["connections"] or read >= body["total_entries"]:
                return True

    def _all(self, what: str, **query: str) -> list[dict[str, Any]]:
        return pages(self._transport, f"{_API}/{what}", what, query)

    def _waiting(self, row: Mapping[str, Any]) -> WaitingTask:
        since = row.get("scheduled_when")
        # Of one that is scheduled, Airflow keeps when it was queued before: for an earlier try, or to defer itself.
        if row["state"] == "queued":
            since = row.get("queued_when") or since
        return WaitingTask(
            row["dag_id"], row["dag_run_id"], row["task_id"], row["state"], row["pool"], self._since(since)
        )

    def _tasks(self, state: str, **query: str | int) -> list[dict[str, Any]]:
        body = self._transport.get(_ALL_TASKS, {"limit": _MOST, "state": state, **query})
        return list(body["task_instances"])

    def _count(self, state: str) -> int:
        return int(self._transport.get(_ALL_TASKS, {"limit": 1, "state": state})["total_entries"])

    def _since(self, text: str | None) -> float:
        return round(times.age(text, self._now), 1) if text else 0.0


def _may_run(dag: Mapping[str, Any]) -> bool:
    return not dag.get("is_stale") and not dag.get("has_import_errors")
