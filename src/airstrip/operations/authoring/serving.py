"""Airflow itself on this machine: its UI, scheduler, DAG processor and triggerer, for as long as the verb runs."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from airstrip.errors import AirstripError, CommandError, UsageError, not_written
from airstrip.events import Emit, Notice, StepFailed, StepFinished, StepStarted, Warned
from airstrip.operations.authoring.alone import alone, noted_served
from airstrip.operations.authoring.home import Home, ensure_home, home_of, made_whole
from airstrip.operations.authoring.prepare import Place, prepared
from airstrip.operations.authoring.program import TEMPLATES, Workshop, crashed, run_program
from airstrip.operations.authoring.variables import database_url
from airstrip.spec import Spec

ADMIN = "admin"
DEFAULT_PORT = 8080
_TRIES = 100
_LOOPBACK = "127.0.0.1"
_LISTENS = "api-server"
_AUTH_MANAGER = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
_PARALLEL_TASKS = "4"
"""Each is a process that waits for a task."""
_PATIENCE_SECONDS = "60"
"""Of a task for an answer, and of a process for the database: on a machine with other work, five seconds are none."""
_SLOW_SECONDS = 60
"""A quiet machine takes some; until then all is told by the step alone."""
_STEP, _TITLE = "dev.serve", "Start Airflow on this machine"


def serve(
    spec: Spec, emit: Emit, *, port: int = DEFAULT_PORT, env: Path | None = None, dags: Path | None = None
) -> NoReturn:
    """Runs until it is interrupted, which leaves no process. `port` is the first one that is tried, on loopback.

    Raises AirstripError where it runs already, or one of Airflow's processes ends by itself.
    """
    home = home_of(spec)
    with prepared(spec, emit, env, dags) as place, alone(spec, home):
        password_of(home)
        serve_from(place, port, emit)


def read_serve_password(spec: Spec) -> str:
    """Of `admin`, whether it runs or not: it stays the same."""
    home = home_of(spec)
    ensure_home(home)
    return password_of(home)


def password_of(home: Home) -> str:
    """Made once, and anew where it cannot be read; nobody else reads the folder. Raises AirstripError."""
    try:
        if (known := _read_password(home)) is not None:
            return known
        home.passwords.unlink(missing_ok=True)
        with made_whole(home.passwords) as new:
            new.write_text(json.dumps({ADMIN: secrets.token_urlsafe(12)}) + "\n")
        # Of two that made one at once, that of the first.
        return str(_read_password(home))
    except OSError as error:
        raise not_written(error) from error


def _read_password(home: Home) -> str | None:
    """A disk that was full may have left half of it."""
    try:
        return str(json.loads(home.passwords.read_text())[ADMIN])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def url_of(port: int) -> str:
    """Not by the name `localhost`: a browser goes to ::1 first, where another program may listen."""
    return f"http://{_LOOPBACK}:{port}"


def serve_from(place: Place, port: int, emit: Emit) -> NoReturn:
    """On the first port that is free, from `port` on. Airflow listens there a minute later: one that somebody else has
    by then is passed over, too.
    """
    while True:
        found = free_port(port)
        with noted_served(place.home, url_of(found)):
            ended = _run(place, found, emit)
        if ended.get("part") != _LISTENS or _is_free(found):
            raise _why(ended, str(place.home.folder / "logs"))
        emit(Notice(f"Port {found} was taken before Airflow listened there: it begins again, on another one."))
        port = found + 1


def _run(place: Place, port: int, emit: Emit) -> Mapping[str, Any]:
    """How it ended by itself."""
    url = url_of(port)
    logs = str(place.home.folder / "logs")
    wanted = {
        "port": port,
        "database": str(place.home.database),
        "logs": logs,
        "patience": _SLOW_SECONDS,
        "projects": place.for_programs,
        "projects_file": str(place.home.projects),
    }
    ended: dict[str, Any] = {}
    is_ready, begun = False, time.monotonic()

    def report(event: Mapping[str, Any]) -> None:
        nonlocal is_ready
        if event["event"] == "ready":
            is_ready = True
            emit(StepFinished(_STEP, _TITLE, time.monotonic() - begun, url))
            emit(Notice(f"Log in as {ADMIN}; `./airstrip dev --password` prints the password. Ctrl-C ends it."))
        elif event["event"] == "slow":
            emit(_slow(event["parts"], logs))
        else:
            ended.update(event)

    emit(StepStarted(_STEP, _TITLE))
    try:
        run_program(_workshop(place, port, url), ["-m", "airstrip_dev.serve"], wanted, report, lambda _: None)
    except CommandError as error:
        raise crashed("served Airflow", error.details) from error
    finally:
        if not is_ready:
            emit(StepFailed(_STEP, _TITLE, time.monotonic() - begun))
    return ended


def _slow(parts: Sequence[str], logs: str) -> Warned:
    return Warned(
        "dev.serve-slow",
        f"not healthy after {_SLOW_SECONDS} seconds: {', '.join(parts)}",
        f"It is waited for. See what it says in {logs}: a DAG file may stop the DAG processor. Ctrl-C ends it.",
    )


def _why(ended: Mapping[str, Any], logs: str) -> AirstripError:
    """It ended by itself."""
    if not ended:
        return crashed("served Airflow", "")
    if ended["event"] == "not-written":
        return not_written(OSError(0, ended["reason"], ended["file"]))
    return AirstripError(
        "dev.serve-ended",
        f"Airflow's {ended['part']} ended with exit code {ended['code']}, and with it the others",
        cause="A setting that it does not take, a port that somebody else took, or too little memory.",
        fix=f"See its last lines below; all of them are in {logs}.",
        details="\n".join(ended["lines"]),
    )


def _workshop(place: Place, port: int, url: str) -> Workshop:
    """On loopback alone, with little memory; what the file says of the cluster's servers does not count."""
    usual = place.workshop.variables
    return Workshop(
        place.workshop.python,
        {
            **usual,
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__HOST": _LOOPBACK,
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__CORE__AUTH_MANAGER": _AUTH_MANAGER,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{_LOOPBACK}:{port}/execution/",
            "AIRFLOW__CORE__PARALLELISM": _PARALLEL_TASKS,
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(place.home.passwords),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
            # SQLite's own waiting for others that write.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"{database_url(place.home.database)}?timeout={_PATIENCE_SECONDS}",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__LOGGING__JSON_LOGS": "False",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": _PATIENCE_SECONDS,
            "PYTHONPATH": os.pathsep.join((str(TEMPLATES / "serve"), str(usual["PYTHONPATH"]))),
        },
        place.workshop.dags,
    )


def free_port(wanted: int) -> int:
    """The wanted one, or the next that is free. Raises UsageError where none of a hundred is."""
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        if _is_free(port):
            return port
    raise UsageError(
        "dev.no-port",
        f"none of the {_TRIES} ports from {wanted} on is free",
        cause="Others listen on them, or this user may not: below 1024 only root may.",
        fix="Name another one: ./airstrip dev --serve --port 9000",
    )


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
