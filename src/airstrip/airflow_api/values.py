"""What Airflow keeps for tasks and of them: variables, connections, what tasks returned, runs that are over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from airstrip.airflow_api.transport import Transport
from airstrip.errors import AirflowError

_API = "/api/v2"
_PAGE = 100
_HIDDEN = "***"


class Values:
    """Through one account's access. Every failure is an AirflowError; to delete what is not there is none."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add_variable(self, key: str, value: str) -> None:
        """Raises `airflow.conflict` where there is one of this name."""
        self._transport.send("POST", f"{_API}/variables", body={"key": key, "value": value})

    def variable_names(self, part: str = "") -> tuple[str, ...]:
        """All that have this part in their names."""
        return self._names("variables", "variables", "key", {"variable_key_pattern": part})

    def variables(self, names: Collection[str]) -> dict[str, str]:
        """Their values, without those that Airflow hides, wholly or in part: it takes them for secrets."""
        found: dict[str, str] = {}
        for name in names:
            value = self._variable(name)
            if value is not None and _HIDDEN not in value:
                found[name] = value
        return found

    def delete_variable(self, key: str) -> None:
        self._delete(f"{_API}/variables/{_part(key)}")

    def add_connection(self, name: str, *, host: str, password: str) -> None:
        """A generic connection; Airflow encrypts the password by the Fernet key."""
        body = {"connection_id": name, "conn_type": "generic", "host": host, "password": password}
        self._transport.send("POST", f"{_API}/connections", body=body)

    def connection_names(self, part: str = "") -> tuple[str, ...]:
        """All that have this part in their names."""
        return self._names("connections", "connections", "connection_id", {"connection_id_pattern": part})

    def delete_connection(self, name: str) -> None:
        self._delete(f"{_API}/connections/{_part(name)}")

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned, as JSON; None where it returned nothing or has not ended well."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{_part(task_id)}/xcomEntries/return_value"
        try:
            return self._transport.get(path, {"deserialize": "false", "stringify": "false"}).get("value")
        except AirflowError as error:
            if error.code == "airflow.not-found":
                return None
            raise

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """Ends a run, its tasks too: Airflow deletes none that goes on."""
        try:
            self._transport.send("PATCH", _run(dag_id, run_id), body={"state": "failed"})
        except AirflowError as error:
            if error.code != "airflow.not-found":
                raise

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """With its task instances and XComs; its logs stay. Raises `airflow.conflict` while it goes on."""
        self._delete(_run(dag_id, run_id))

    def dag_names(self, part: str = "") -> tuple[str, ...]:
        """All that have this part in their names, those whose file is gone too."""
        return self._names("dags", "dags", "dag_id", {"dag_id_pattern": part, "exclude_stale": "false"})

    def delete_dag(self, dag_id: str) -> None:
        """What Airflow knows of a DAG, with its runs; its file, where there is one, brings it back."""
        self._delete(f"{_API}/dags/{_part(dag_id)}")

    def parse_again(self, dag_id: str) -> None:
        """Asks the DAG processor to read a DAG's file next. Asked already is as good."""
        token = self._transport.get(f"{_API}/dags/{_part(dag_id)}")["file_token"]
        try:
            self._transport.send("PUT", f"{_API}/parseDagFile/{_part(token)}")
        except AirflowError as error:
            if error.code != "airflow.conflict":
                raise

    def pool_names(self) -> tuple[str, ...]:
        return self._names("pools", "pools", "name", {})

    def _variable(self, name: str) -> str | None:
        try:
            value = self._transport.get(f"{_API}/variables/{_part(name)}").get("value")
        except AirflowError as error:
            if error.code != "airflow.not-found":
                raise
            return None
        return None if value is None else str(value)

    def _names(self, path: str, key: str, field: str, query: Mapping[str, str | int]) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            page = {**query, "order_by": field, "limit": _PAGE, "offset": len(names)}
            body = self._transport.get(f"{_API}/{path}", page)
            names += [row[field] for row in body[key]]
            if not body[key] or len(names) >= body["total_entries"]:
                return tuple(names)

    def _delete(self, path: str) -> None:
        try:
            self._transport.send("DELETE", path)
        except AirflowError as error:
            if error.code != "airflow.not-found":
                raise


def _part(text: str) -> str:
    """One part of a path: run ids hold colons and pluses."""
    return quote(text, safe="")


def _run(dag_id: str, run_id: str) -> str:
    return f"{_API}/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}"
