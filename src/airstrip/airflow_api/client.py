"""What Airstrip asks of Airflow: health, DAGs, runs, tasks and their logs, accounts."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from airstrip.airflow_api.health import HEALTH, Health, read_health
from airstrip.airflow_api.log_lines import TaskLog, read_answer
from airstrip.airflow_api.models import Dag, DagImportError, DagRun, TaskInstance, User
from airstrip.airflow_api.pools import Pools
from airstrip.airflow_api.refusals import no_list, no_role, no_run, no_task, user_exists
from airstrip.airflow_api.scheduling import Scheduling
from airstrip.airflow_api.transport import Transport
from airstrip.airflow_api.values import Values
from airstrip.errors import AirflowError

_API = "/api/v2"
_USERS = "/auth/fab/v1/users"
_ROLES = "/auth/fab/v1/roles"
_PAGE = 100

_Answer = TypeVar("_Answer")


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
    ) -> None:
        """`base_url` may have a path; `timeout` is in seconds for each request; `http` stands in for the network.

        `restart` is the command that starts an API server anew that hangs, for errors; this package knows none.
        """
        self._transport = Transport(base_url, username, password, timeout, http, restart)
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
        return tuple(Dag.parse(row) for row in self._pages(f"{_API}/dags", "dags", query))

    def dag(self, dag_id: str) -> Dag:
        """Raises `airflow.dag-not-found`, with the names that are near."""
        path = f"{_API}/dags/{_part(dag_id)}"
        return Dag.parse(_found(lambda: self._transport.get(path), lambda: self._no_dag(dag_id)))

    def unpause(self, dag_id: str) -> Dag:
        """Lets the scheduler run a DAG."""
        return self._set_paused(dag_id, paused=False)

    def pause(self, dag_id: str) -> Dag:
        """Keeps the scheduler from starting runs of a DAG, triggered ones too."""
        return self._set_paused(dag_id, paused=True)

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> DagRun:
        """Makes a run that begins now. Not tried twice: a run could be made twice."""
        path = f"{_API}/dags/{_part(dag_id)}/dagRuns"
        body = {"logical_date": None, "conf": dict(conf or {})}
        made = _found(lambda: self._transport.send("POST", path, body=body), lambda: self._no_dag(dag_id))
        return DagRun.parse(made)

    def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        """Raises `airflow.run-not-found`."""
        path = _run_path(dag_id, run_id)
        return DagRun.parse(_found(lambda: self._transport.get(path), lambda: no_run(dag_id, run_id)))

    def dag_runs(self, dag_id: str | None = None, *, limit: int = 25, order: str = "-run_after") -> tuple[DagRun, ...]:
        """The newest runs of a DAG, or of all. `order` is a field of the API, `-` before it for descending."""
        path = f"{_API}/dags/{_part(dag_id) if dag_id else '~'}/dagRuns"
        query: dict[str, str | int] = {"limit": min(limit, _PAGE), "order_by": order}
        body = _found(lambda: self._transport.get(path, query), lambda: self._no_dag(dag_id or "~"))
        return tuple(DagRun.parse(row) for row in body["dag_runs"])

    def task_instances(self, dag_id: str, run_id: str) -> tuple[TaskInstance, ...]:
        """All tasks of a run, mapped ones each, in the order in which they began; those that wait last."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        rows = self._pages(path, "task_instances", {}, missing=lambda: no_run(dag_id, run_id))
        tasks = [TaskInstance.parse(row) for row in rows]
        return tuple(sorted(tasks, key=lambda task: (task.start_date or "~", task.task_id, task.map_index)))

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> TaskInstance:
        """Raises `airflow.task-not-found`."""
        path = _task_path(dag_id, run_id, task_id) + (f"/{map_index}" if map_index >= 0 else "")
        body = _found(lambda: self._transport.get(path), lambda: no_task(dag_id, run_id, task_id, map_index))
        return TaskInstance.parse(body)

    def task_log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1) -> TaskLog:
        """One try's log as it is now. Positions in a running task's do not hold: see TaskLog.

        A task that never began has only try 0, whose log says why. Raises `airflow.task-not-found`.
        """
        return read_answer(self._log_content(dag_id, run_id, task_id, try_number, map_index))

    def import_errors(self) -> tuple[DagImportError, ...]:
        """DAG files that cannot be imported."""
        return tuple(DagImportError.parse(row) for row in self._pages(f"{_API}/importErrors", "import_errors", {}))

    def users(self) -> tuple[User, ...]:
        """All accounts, by name."""
        return tuple(User.parse(row) for row in self._pages(_USERS, "users", {"order_by": "username"}))

    def user(self, username: str) -> User:
        """Airflow does not mind capital letters in a name. Raises `airflow.user-not-found`."""
        return User.parse(_found(lambda: self._transport.get(_user_path(username)), lambda: self._no_user(username)))

    def roles(self) -> tuple[str, ...]:
        """The names of all roles, in order."""
        return tuple(sorted(row["name"] for row in self._pages(_ROLES, "roles", {})))

    def add_user(self, username: str, password: str, role: str, *, email: str, first_name: str, last_name: str) -> User:
        """Raises `airflow.user-exists` where the name or the address is taken, `airflow.role-not-found`."""
        body = {
            "username": username,
            "password": password,
            "roles": [{"name": role}],
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
        }
        try:
            return User.parse(self._with_role(role, lambda: self._transport.send("POST", _USERS, body=body)))
        except AirflowError as error:
            if error.code != "airflow.conflict":
                raise
            raise user_exists(username, error) from error

    def set_role(self, username: str, role: str) -> User:
        """Makes it the account's only role. Raises `airflow.user-not-found`, `airflow.role-not-found`."""
        return self._with_role(role, lambda: self._change_user(username, "roles", [{"name": role}]))

    def set_password(self, username: str, password: str) -> User:
        """Ends the account's sessions too. Raises `airflow.user-not-found`."""
        return self._change_user(username, "password", password)

    def delete_user(self, username: str) -> None:
        """Raises `airflow.user-not-found`."""
        path = _user_path(username)
        _found(lambda: self._transport.send("DELETE", path), lambda: self._no_user(username))

    def _change_user(self, username: str, field: str, value: object) -> User:
        path, query = _user_path(username), {"update_mask": field}
        return User.parse(
            _found(
                lambda: self._transport.send("PATCH", path, query=query, body={field: value}),
                lambda: self._no_user(username),
            )
        )

    def _with_role(self, role: str, change: Callable[[], _Answer]) -> _Answer:
        """What `change` answers. Airflow's refusal of a role is one like any other: only its roles tell."""
        try:
            return change()
        except AirflowError as error:
            if error.status != 400 or role in (known := self.roles()):
                raise
            raise no_role(role, known) from error

    def _log_content(self, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int) -> list[Any]:
        """The log as it is now: chunk after chunk, until Airflow has no more or nothing new."""
        path = f"{_task_path(dag_id, run_id, task_id)}/logs/{try_number}"
        query: dict[str, str | int] = {"map_index": map_index}
        content: list[Any] = []
        while True:
            body = _found(lambda: self._transport.get(path, query), lambda: no_task(dag_id, run_id, task_id, map_index))
            chunk = body.get("content") or []
            content += chunk if isinstance(chunk, list) else [chunk]
            following = body.get("continuation_token")
            if not chunk or not following or following == query.get("token"):
                return content
            query["token"] = following

    def _set_paused(self, dag_id: str, *, paused: bool) -> Dag:
        path = f"{_API}/dags/{_part(dag_id)}"
        query = {"update_mask": "is_paused"}
        change = {"is_paused": paused}
        body = _found(
            lambda: self._transport.send("PATCH", path, query=query, body=change), lambda: self._no_dag(dag_id)
        )
        return Dag.parse(body)

    def _pages(
        self,
        path: str,
        key: str,
        query: Mapping[str, str | int],
        missing: Callable[[], AirflowError] | None = None,
    ) -> list[dict[str, Any]]:
        """All rows, a hundred at a time: the most that Airflow gives by default."""
        rows: list[dict[str, Any]] = []
        while True:
            page = {**query, "limit": _PAGE, "offset": len(rows)}
            body = _found(partial(self._transport.get, path, page), missing or partial(no_list, path))
            rows += body[key]
            if not body[key] or len(rows) >= body["total_entries"]:
                return rows

    def _no_user(self, username: str) -> AirflowError:
        known = [user.username for user in self.users()]
        near = difflib.get_close_matches(username, known, n=3)
        return AirflowError(
            "airflow.user-not-found",
            f"Airflow has no account {username}",
            cause=f"Did you mean {' or '.join(near)}?" if near else "It was deleted, or the name is not right.",
            fix="See all accounts: ./airstrip users list",
            status=404,
        )

    def _no_dag(self, dag_id: str) -> AirflowError:
        known = [dag.dag_id for dag in self.dags()]
        near = difflib.get_close_matches(dag_id, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known[:10]) or 'none yet'}."
        return AirflowError(
            "airflow.dag-not-found",
            f"Airflow knows no DAG {dag_id}",
            cause=f"No file defines it, its file cannot be imported, or it was not read yet. {hint}",
            fix="See import errors: ./airstrip status",
            status=404,
        )


def _found(ask: Callable[[], dict[str, Any]], missing: Callable[[], AirflowError]) -> dict[str, Any]:
    """What `ask` answers; a 404 in the words of `missing`."""
    try:
        return ask()
    except AirflowError as error:
        if error.code == "airflow.not-found":
            raise missing() from error
        raise


def _part(text: str) -> str:
    """One part of a path: run ids hold colons and pluses."""
    return quote(text, safe="")


def _run_path(dag_id: str, run_id: str) -> str:
    return f"{_API}/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}"


def _task_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"{_run_path(dag_id, run_id)}/taskInstances/{_part(task_id)}"


def _user_path(username: str) -> str:
    return f"{_USERS}/{_part(username)}"
