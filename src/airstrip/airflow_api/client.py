"""What Airstrip asks of Airflow: health, DAGs, runs, tasks and their logs."""

from __future__ import annotations

import datetime
import difflib
import json
import ssl
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import httpx

from airstrip.airflow_api.accounts import Accounts
from airstrip.airflow_api.answers import PAGE, found, pages, part
from airstrip.airflow_api.health import HEALTH, Health, read_health
from airstrip.airflow_api.log_lines import TaskLog, read_answer
from airstrip.airflow_api.models import Dag, DagImportError, DagRun, TaskInstance
from airstrip.airflow_api.pools import Pools
from airstrip.airflow_api.refusals import no_run, no_task
from airstrip.airflow_api.scheduling import Scheduling
from airstrip.airflow_api.transport import Transport
from airstrip.airflow_api.values import Values
from airstrip.airflow_api.way import Trouble, no_trouble
from airstrip.errors import AirflowError

_API = "/api/v2"
_LONGEST_LOG = 64 << 20
"""Bytes, and so some seconds. Airflow gives a log from its beginning only."""


class AirflowClient:
    """Airflow's API as one account. Logs in with the first request; every failure is an AirflowError."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        timeout: float = 30.0,
        *,
        http: httpx.BaseTransport | None = None,
        restart: str = "",
        trouble: Trouble = no_trouble,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`base_url` may have a path; `timeout` is in seconds for each request; `http` stands in for the network.

        `restart` is the command that starts an API server anew that hangs, for errors; this package knows none.
        `trouble` takes what went wrong last on the way there; `trust` holds the authorities of its certificate.
        """
        self._transport = Transport(base_url, username, password, timeout, http, restart, trouble, trust)
        self.scheduling = Scheduling(self._transport)
        self.pools = Pools(self._transport)

    def __enter__(self) -> AirflowClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    @property
    def transport(self) -> Transport:
        """For this package: requests that have no verb here, such as those of an inspection."""
        return self._transport

    @property
    def username(self) -> str:
        """The account that this client logs in as."""
        return self._transport.username

    @property
    def accounts(self) -> Accounts:
        """Who may log in, and as what."""
        return Accounts(self._transport)

    @property
    def values(self) -> Values:
        """Variables, connections and what tasks returned."""
        return Values(self._transport)

    def log_in(self) -> None:
        """Raises `airflow.login-refused` where Airflow does not take the account and its password."""
        self._transport.log_in()

    def version(self) -> str:
        """Airflow's version, such as `3.3.2`."""
        return str(self._transport.get(f"{_API}/version")["version"])

    def health(self) -> Health:
        """Needs no account and no database, only an API server."""
        before = datetime.datetime.now(datetime.UTC)
        body, date = self._transport.ask(HEALTH)
        return read_health(body, date, before, datetime.datetime.now(datetime.UTC))

    def dags(self, *, stale: bool = False) -> tuple[Dag, ...]:
        """All DAGs that files define now, by name; with `stale`, those too that a file defined once."""
        query = {"order_by": "dag_id", "exclude_stale": "false" if stale else "true"}
        return tuple(Dag.parse(row) for row in pages(self._transport, f"{_API}/dags", "dags", query))

    def dag(self, dag_id: str) -> Dag:
        """Raises `airflow.dag-not-found`, with the names that are near."""
        path = f"{_API}/dags/{part(dag_id)}"
        return Dag.parse(found(lambda: self._transport.get(path), lambda: self._no_dag(dag_id)))

    def unpause(self, dag_id: str) -> Dag:
        """Lets the scheduler run a DAG."""
        return self._set_paused(dag_id, paused=False)

    def pause(self, dag_id: str) -> Dag:
        """Keeps the scheduler from starting runs of a DAG, triggered ones too."""
        return self._set_paused(dag_id, paused=True)

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> DagRun:
        """Makes a run that begins now. Not tried twice: a run could be made twice."""
        path = f"{_API}/dags/{part(dag_id)}/dagRuns"
        body = {"logical_date": None, "conf": dict(conf or {})}
        made = found(lambda: self._transport.send("POST", path, body=body), lambda: self._no_dag(dag_id))
        return DagRun.parse(made)

    def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        """Raises `airflow.run-not-found`."""
        path = _run_path(dag_id, run_id)
        return DagRun.parse(found(lambda: self._transport.get(path), lambda: no_run(dag_id, run_id)))

    def dag_runs(self, dag_id: str | None = None, *, limit: int = 25, order: str = "-run_after") -> tuple[DagRun, ...]:
        """The newest runs of a DAG, or of all. `order` is a field of the API, `-` before it for descending."""
        path = f"{_API}/dags/{part(dag_id) if dag_id else '~'}/dagRuns"
        query: dict[str, str | int] = {"limit": min(limit, PAGE), "order_by": order}
        body = found(lambda: self._transport.get(path, query), lambda: self._no_dag(dag_id or "~"))
        return tuple(DagRun.parse(row) for row in body["dag_runs"])

    def task_instances(self, dag_id: str, run_id: str) -> tuple[TaskInstance, ...]:
        """All tasks of a run, mapped ones each, in the order in which they began; those that wait last."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        rows = pages(self._transport, path, "task_instances", {}, missing=lambda: no_run(dag_id, run_id))
        tasks = [TaskInstance.parse(row) for row in rows]
        return tuple(sorted(tasks, key=lambda task: (task.start_date or "~", task.task_id, task.map_index)))

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> TaskInstance:
        """Raises `airflow.task-not-found`."""
        path = _task_path(dag_id, run_id, task_id) + (f"/{map_index}" if map_index >= 0 else "")
        body = found(lambda: self._transport.get(path), lambda: no_task(dag_id, run_id, task_id, map_index))
        return TaskInstance.parse(body)

    def task_log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1) -> TaskLog:
        """One try's log as it is now. Positions in a running task's do not hold: see TaskLog.

        A task that never began has only try 0, whose log says why. Raises `airflow.task-not-found`.
        """
        return read_answer(self._log_content(dag_id, run_id, task_id, try_number, map_index))

    def task_log_end(self, task: TaskInstance, *, records: int) -> TaskLog:
        """The last records of its try's log, to be explained: however long it is, no more of it is kept.

        Raises `airflow.log-too-long` where its end is not reached, and what `task_log` does.
        """
        path = f"{_task_path(task.dag_id, task.run_id, task.task_id)}/logs/{task.try_number}"

        def end_of(lines: Iterator[bytes]) -> TaskLog:
            return read_answer(map(json.loads, lines), last=records)

        return found(
            lambda: self._transport.read_lines(path, {"map_index": task.map_index}, end_of, most=_LONGEST_LOG),
            lambda: no_task(task.dag_id, task.run_id, task.task_id, task.map_index),
        )

    def import_errors(self) -> tuple[DagImportError, ...]:
        """DAG files that cannot be imported."""
        return tuple(
            DagImportError.parse(row) for row in pages(self._transport, f"{_API}/importErrors", "import_errors", {})
        )

    def _log_content(self, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int) -> list[Any]:
        """The log as it is now: chunk after chunk, until Airflow has no more or nothing new."""
        path = f"{_task_path(dag_id, run_id, task_id)}/logs/{try_number}"
        query: dict[str, str | int] = {"map_index": map_index}
        content: list[Any] = []
        while True:
            body = found(lambda: self._transport.get(path, query), lambda: no_task(dag_id, run_id, task_id, map_index))
            chunk = body.get("content") or []
            content += chunk if isinstance(chunk, list) else [chunk]
            following = body.get("continuation_token")
            if not chunk or not following or following == query.get("token"):
                return content
            query["token"] = following

    def _set_paused(self, dag_id: str, *, paused: bool) -> Dag:
        path = f"{_API}/dags/{part(dag_id)}"
        query = {"update_mask": "is_paused"}
        change = {"is_paused": paused}
        body = found(
            lambda: self._transport.send("PATCH", path, query=query, body=change), lambda: self._no_dag(dag_id)
        )
        return Dag.parse(body)

    def _no_dag(self, dag_id: str) -> AirflowError:
        known = [dag.dag_id for dag in self.dags()]
        near = difflib.get_close_matches(dag_id, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known[:10]) or 'none yet'}."
        broken = ", ".join(error.filename for error in self.import_errors()[:5])
        unread = f"its file cannot be imported ({broken}?)" if broken else "its file cannot be imported"
        return AirflowError(
            "airflow.dag-not-found",
            f"Airflow knows no DAG {dag_id}",
            cause=f"No file defines it, {unread}, or it was not read yet. {hint}",
            fix="See import errors: ./airstrip status",
            status=404,
        )


def _run_path(dag_id: str, run_id: str) -> str:
    return f"{_API}/dags/{part(dag_id)}/dagRuns/{part(run_id)}"


def _task_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"{_run_path(dag_id, run_id)}/taskInstances/{part(task_id)}"
