"""A project's databases, by name: in a task of Airflow, and in an image that has no Airflow."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import TYPE_CHECKING, Any

from airstrip_pods.conventions import check_project
from airstrip_pods.errors import ProjectError
from airstrip_pods.surroundings import require_pod_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

DEFAULT_NAME = "database"

# What SQLAlchemy means by a bare name, and what else speaks with the same server.
_DRIVERS = {
    "postgresql": (("psycopg2", "psycopg2"), ("psycopg", "psycopg")),
    "mysql": (("MySQLdb", "mysqldb"), ("pymysql", "pymysql")),
}
# Names that SQLAlchemy no longer takes.
_SPELLINGS = {"postgres": "postgresql"}


def database(project: str, name: str = DEFAULT_NAME, **options: Any) -> Engine:
    """A SQLAlchemy engine for one of the project's databases; `options` are those of `create_engine`.

    See `database_url` for where it is. A connection that the server ended meanwhile is made anew.
    """
    url = database_url(project, name)
    from sqlalchemy import create_engine

    return create_engine(url, **{"pool_pre_ping": True, **options})


def database_url(project: str, name: str = DEFAULT_NAME) -> URL:
    """Where the project's database NAME is. Printed, it shows no password.

    From the variable NAME_URL (DATABASE_URL by default), which the project's Secret gives to its pods; else, where
    Airflow is there, from its connection PROJECT (PROJECT_NAME for another name than the default one).
    Raises ProjectError where there is neither, and in a pod of another project.
    """
    require_pod_of(project)
    variable = variable_name(name)
    text = os.environ.get(variable)
    if text:
        return _parsed(text, variable)
    return _of_airflow(project, variable, connection_name(project, name))


def variable_name(name: str = DEFAULT_NAME) -> str:
    """The environment variable, and the key of the project's Secret: SALES_REPORTS_URL for sales-reports."""
    return f"{re.sub('[^A-Za-z0-9]', '_', name).upper()}_URL"


def connection_name(project: str, name: str = DEFAULT_NAME) -> str:
    return check_project(project) if name == DEFAULT_NAME else f"{check_project(project)}_{name}"


def _not_there(project: str, variable: str, besides: str) -> ProjectError:
    return ProjectError(
        f"It is not known where the database of the project {project!r} is: {variable} is not set, {besides}.",
        fix=f"Put a URL such as postgresql://user:password@host/name as {variable} into the project's Secret, "
        f"and make the pod with airstrip_pods.project({project!r}).",
    )


def _parsed(text: str, where: str) -> URL:
    """Raises ProjectError without the text, which has a password."""
    try:
        from sqlalchemy import make_url
    except ImportError as error:
        raise ProjectError(
            "SQLAlchemy is not in this image.",
            fix="Add sqlalchemy and the database's driver, such as psycopg2-binary, to the image's requirements.txt, "
            "and lock and build it again.",
        ) from error
    try:
        return _completed(make_url(text.strip()))
    except Exception:
        # Its message, and its traceback's, would hold what was read.
        pass
    raise ProjectError(
        f"{where} is not the URL of a database.",
        fix="Write postgresql://user:password@host:5432/name; of a password, percent-encode what is not a letter, "
        "a digit, or one of - . _",
    )


def _completed(url: URL) -> URL:
    """With a driver that is installed, and with user and password in their places: URLs print their query as it is."""
    backend, _, driver = url.drivername.partition("+")
    backend = _SPELLINGS.get(backend, backend)
    known = _DRIVERS.get(backend, ())
    if known and not driver:
        driver = next((name for module, name in known if importlib.util.find_spec(module)), known[0][1])
    url = url.set(drivername=f"{backend}+{driver}" if driver else backend)
    given = {key: value for key in ("user", "password") if isinstance(value := url.query.get(key), str)}
    url = url.difference_update_query(given)
    return url.set(username=given.get("user", url.username), password=given.get("password", url.password))


def _of_airflow(project: str, variable: str, name: str) -> URL:
    """By the connection's own hook, which knows what its extras mean."""
    try:
        from airflow.sdk import BaseHook
        from airflow.sdk.exceptions import AirflowNotFoundException
    except ImportError as error:
        besides = "and Airflow, whose connections could say it, is not in this image"
        raise _not_there(project, variable, besides) from error
    try:
        connection = BaseHook.get_connection(name)
    except AirflowNotFoundException as error:
        raise _not_there(project, variable, f"and Airflow has no connection {name!r}") from error
    hook = connection.get_hook()
    try:
        url: URL = hook.sqlalchemy_url
    except (AttributeError, NotImplementedError) as error:
        raise ProjectError(
            f"Airflow's connection {name!r} is of the type {connection.conn_type!r}, which SQLAlchemy has no URL for.",
            fix="Make it one of a database.",
        ) from error
    return url
