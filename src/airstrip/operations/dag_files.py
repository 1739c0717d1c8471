"""The user's DAG files: those on this machine, and those that Airflow cannot import."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from airstrip.airflow_api import AirflowClient, may_pass
from airstrip.answers import ImportErrorData
from airstrip.dags import may_hold_dag
from airstrip.diagnose.import_errors import ImportErrorFact
from airstrip.diagnose.import_errors import import_error_findings as find_import_errors
from airstrip.diagnose.import_errors import import_errors as read_import_errors
from airstrip.errors import AirflowError
from airstrip.events import Emit, Warned
from airstrip.findings import Finding

_USERS_BUNDLE = "main"
_PARSE_SECONDS = 5.0
_POLL_SECONDS = 0.2


def dag_files(folder: Path | None) -> Iterator[Path]:
    """Files that may define DAGs, by their names."""
    for root, folders, files in os.walk(folder) if folder else ():
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        yield from (Path(root, name) for name in files if name.endswith((".py", ".zip")))


def await_first_parse(client: AirflowClient, folder: Path | None) -> None:
    """Where Airflow knows nothing of the user's files yet: waits until it has read each, for 5 s at most.

    A file that has both of Airflow's words but no DAG is never heard of again.
    """
    known = _heard_of(client)
    if known or folder is None:
        return
    wanted = {
        str(path.relative_to(folder)) for path in dag_files(folder) if path.suffix == ".py" and may_hold_dag(path)
    }
    deadline = time.monotonic() + _PARSE_SECONDS
    while not wanted <= known and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        known = _heard_of(client)


def import_errors(client: AirflowClient) -> list[ImportErrorData]:
    """As data: the file, its bundle, and the last line of Python's own words, without credentials."""
    return [
        {"file": error.file, "bundle": error.bundle or None, "message": error.message}
        for error in read_import_errors(client)
    ]


def known_import_errors(client: AirflowClient, emit: Emit) -> list[ImportErrorData]:
    """Those of an Airflow that has landed: where it does not answer just now, none, and a warning."""
    try:
        return import_errors(client)
    except AirflowError as error:
        if not may_pass(error):
            raise
        message = f"Airflow has landed, but it was not told whether its DAG files can be imported: {error.message}"
        emit(Warned(error.code, message, "Run: ./airstrip status"))
        return []


def import_error_findings(errors: Sequence[ImportErrorData]) -> list[Finding]:
    return find_import_errors(
        [ImportErrorFact(error["file"], error["bundle"] or "", error["message"]) for error in errors]
    )


def _heard_of(client: AirflowClient) -> set[str]:
    """Nothing, from an Airflow that does not answer just now."""
    try:
        return _known_files(client)
    except AirflowError as error:
        if not may_pass(error):
            raise
        return set()


def _known_files(client: AirflowClient) -> set[str]:
    files = {dag.file for dag in client.dags() if dag.bundle_name == _USERS_BUNDLE and dag.file}
    return files | {error.filename for error in client.import_errors() if error.bundle_name == _USERS_BUNDLE}
