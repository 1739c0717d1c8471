"""What `dev` and `test` start from: the folder of DAGs, the image's packages on this machine, and Airflow's home."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airstrip.errors import AirstripError, CommandError, UsageError
from airstrip.events import Emit, Warned, step
from airstrip.images import AirflowImageRequest, VirtualEnvironment, virtual_environment
from airstrip.operations.authoring.home import Home, ensure_database, ensure_home, home_of, making_database
from airstrip.operations.authoring.program import Workshop, supervised
from airstrip.operations.authoring.projects import ProjectValues, project_values
from airstrip.operations.authoring.variables import database_url, process_variables, read_variables
from airstrip.operations.image import airflow_request
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.process import Command, run
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
def prepared(spec: Spec, emit: Emit, env: Path | None = None, dags: Path | None = None) -> Iterator[Place]:
    """Makes what is missing: without a network but for a first environment, which nobody takes away until the end.

    Raises UsageError for what cannot be run here, ImageError where the environment cannot be made.
    """
    dags = dags_folder(spec, dags)
    more = _more_variables(spec, env, emit)
    request = _request_of(spec)
    home = home_of(spec)
    ensure_home(home)
    with virtual_environment(request, cache_dir(), find_uv(), emit) as environment:
        ensure_database(home, migrated_database(spec.airflow.version, environment, emit))
        variables = process_variables(spec, home, environment.python, dags, more)
        yield Place(home, environment, Workshop(environment.python, variables, dags), project_values(spec, more))


def dags_folder(spec: Spec, named: Path | None = None) -> Path:
    """`named`, or the file's. Raises UsageError where there is none on this machine."""
    folder = named or spec.dags.folder
    if folder is None:
        message = f"{spec.name} has no folder of DAGs on this machine"
        cause = "The file has no dags.path and no dags.image.path."
        fix = "Write `dags: {path: dags}`, or begin anew: ./airstrip init"
        if spec.dags.git:
            cause = "Its DAGs come from git, and where your clone is, the file does not say."
            fix = "Name the folder of DAGs in your clone: --dags FOLDER"
        raise UsageError("dev.no-dags", message, cause=cause, fix=fix)
    if not folder.is_dir():
        name = "--dags" if named else ("dags.path" if spec.dags.path else "dags.image.path")
        raise UsageError(
            "dev.no-dags", f"{folder} is not a folder", cause=f"{name} names it.", fix=f"Make it, or correct {name}."
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


def _more_variables(spec: Spec, env: Path | None, emit: Emit) -> dict[str, str]:
    file = env or (Path.cwd() if spec.file is None else spec.file.parent) / ENV_FILE
    if env is None and not file.is_file():
        return {}
    found = read_variables(file)
    if _may_be_committed(file):
        message = f"git does not ignore {file}, which may hold passwords"
        emit(Warned("dev.env-not-ignored", message, f"Write {file.name} into .gitignore, and: git rm --cached {file}"))
    return found


def _may_be_committed(file: Path) -> bool:
    """1 says that it is tracked, or would be; 128 that it is in no repository."""
    command = Command(("git", "check-ignore", "--quiet", "--", file.name), cwd=file.absolute().parent)
    with suppress(CommandError):
        return run(command, check=False).exit_code == 1
    return False


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
        with making_database(ready) as new:
            _keep(made, new)
    return ready


def _keep(made: Path, new: Path) -> None:
    """As one file: SQLite may have left the last of it in another. Others have this cache, too."""
    with closing(sqlite3.connect(made)) as database:
        database.execute("VACUUM INTO ?", (str(new),))
    new.chmod(0o644)
