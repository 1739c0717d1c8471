"""What `dev` and `test` start from: the folder of DAGs, the image's packages on this machine, and Airflow's home."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airstrip.errors import AirstripError, CommandError, UsageError
from airstrip.events import Emit, step
from airstrip.images import AirflowImageRequest, VirtualEnvironment, virtual_environment
from airstrip.operations.authoring.home import Home, ensure_database, ensure_home, home_of
from airstrip.operations.authoring.program import Workshop, supervised
from airstrip.operations.authoring.projects import ProjectValues, project_values
from airstrip.operations.authoring.variables import database_url, process_variables, read_variables
from airstrip.operations.image import airflow_request, find_uv
from airstrip.paths import cache_dir
from airstrip.process import run
from airstrip.spec import Spec

ENV_FILE = "dev.env"
"""Beside the deployment's file: variables of the author's own, which are read without being asked for."""


@dataclass(frozen=True)
class Place:
    """Where Airflow's programs run on this machine; `projects` are those of the file."""

    home: Home
    environment: VirtualEnvironment
    workshop: Workshop
    projects: Mapping[str, ProjectValues]

    @property
    def for_programs(self) -> dict[str, Any]:
        return {name: values.to_program() for name, values in self.projects.items()}


@contextmanager
def prepared(spec: Spec, emit: Emit, env: Path | None = None) -> Iterator[Place]:
    """Makes what is missing: without a network but for a first environment, which nobody takes away until the end.

    Raises UsageError for what cannot be run here, ImageError where the environment cannot be made.
    """
    dags = dags_folder(spec)
    more = _more_variables(spec, env)
    request = _request_of(spec)
    home = home_of(spec)
    ensure_home(home)
    with virtual_environment(request, cache_dir(), find_uv(), emit) as environment:
        ensure_database(home, migrated_database(spec.airflow.version, environment, emit))
        variables = process_variables(spec, home, environment.python, dags, more)
        yield Place(home, environment, Workshop(environment.python, variables, dags), project_values(spec, more))


def dags_folder(spec: Spec) -> Path:
    """Raises UsageError where there is none on this machine."""
    folder = spec.dags.path
    if folder is None:
        raise UsageError(
            "dev.no-dags",
            f"{spec.name} has no folder of DAGs on this machine",
            cause="The file has no dags.path.",
            fix="Write `dags: {path: dags}`, or begin with a file and a first DAG: ./airstrip init",
        )
    if not folder.is_dir():
        raise UsageError(
            "dev.no-dags",
            f"{folder} is not a folder",
            cause="dags.path names it.",
            fix="Make it, or correct dags.path.",
        )
    return folder.resolve()


def _request_of(spec: Spec) -> AirflowImageRequest:
    if spec.image.ref is not None:
        raise UsageError(
            "dev.no-lock",
            "image.ref is a ready image, and nothing says which Python packages are in it",
            cause="The environment of dev and test is made from the lock that Airstrip builds the image by.",
            fix="Name the packages in a file for this machine: airflow.version, airflow.extras and "
            "image.requirements without image.ref, then: ./airstrip dev DAG -f FILE",
        )
    return airflow_request(spec)


def _more_variables(spec: Spec, env: Path | None) -> dict[str, str]:
    beside = (Path.cwd() if spec.file is None else spec.file.parent) / ENV_FILE
    if env is not None:
        return read_variables(env)
    return read_variables(beside) if beside.is_file() else {}


def migrated_database(version: str, environment: VirtualEnvironment, emit: Emit) -> Path:
    """The database as this version of Airflow makes it: once on this machine."""
    ready = environment.folder.parent / f"airflow-{version}.db"
    if ready.is_file():
        return ready
    with step(emit, "dev.database", f"Make the database of Airflow {version}"), TemporaryDirectory() as folder:
        made = Path(folder, "airflow.db")
        variables = {
            "AIRFLOW_HOME": folder,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url(made),
            # What it stores must be readable with any key.
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPYCACHEPREFIX": None,
        }
        python = environment.python
        try:
            run(supervised(python, [str(python), "-m", "airflow", "db", "migrate"], variables))
        except CommandError as error:
            raise AirstripError(
                "dev.migration-failed",
                f"Airflow {version} could not make its database",
                cause="One of image.requirements does not go with it, or the disk is full.",
                fix="See Airflow's own words below.",
                details=error.details,
            ) from error
        _keep(made, ready)
    return ready


def _keep(made: Path, ready: Path) -> None:
    """As one file: SQLite may have left the last of it in another."""
    new = ready.with_suffix(".new")
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(made)) as database:
        database.execute("VACUUM INTO ?", (str(new),))
    new.replace(ready)
