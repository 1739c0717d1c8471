"""Takes away what verify made: after a proof, and before the next, for one that was cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from airstrip.airflow_api import AirflowClient, may_pass
from airstrip.errors import AirflowError, AirstripError, WaitTimeout
from airstrip.kube import unless_forbidden
from airstrip.operations.properties.names import DAGS, FORBIDDEN, GIT_WRITE, POD_LABEL, PREFIX, is_made
from airstrip.operations.session import Session

_FAILS = 500
_GONE_SECONDS = 30.0
_POLL_SECONDS = 0.5


def clean(session: Session, *, in_airflow: bool, own: str = "") -> list[str]:
    """Everything that any verify of this deployment made; returns what could not be taken away, in words.

    `own` is what this one called its variable, its connection and its DAG: they go even where none can be listed.
    """
    left: list[str] = []
    works: list[tuple[str, Callable[[], None]]] = [("a DAG's file", partial(_delete_files, session))]
    works += _in_airflow(session, own) if in_airflow else []
    works += [("pods", partial(_delete_pods, session))]
    is_away = False
    for what, work in works:
        # Of an Airflow that hangs, each question would take its time.
        if is_away and what != "pods":
            left.append(f"{what}: Airflow does not answer")
            continue
        try:
            work()
        except (AirstripError, OSError) as error:
            left.append(f"{what}: {error}")
            # It fails for one question alone where it lists a connection that it cannot decrypt.
            fails = isinstance(error, AirflowError) and error.status == _FAILS
            is_away = isinstance(error, AirstripError) and may_pass(error) and not fails
    return left


def _in_airflow(session: Session, own: str) -> list[tuple[str, Callable[[], None]]]:
    airflow, values = session.airflow, session.airflow.values
    made = (
        ("variables", values.variable_names, values.delete_variable),
        ("connections", values.connection_names, values.delete_connection),
        ("DAGs", values.dag_names, values.delete_dag),
    )
    return [
        *((f"runs of {dag}", partial(_delete_runs, airflow, dag)) for dag in DAGS),
        *((what, partial(_delete_made, names, delete, own)) for what, names, delete in made),
    ]


def _delete_made(names: Callable[[str], Iterable[str]], delete: Callable[[str], None], own: str) -> None:
    if own:
        delete(own)
    for name in names(PREFIX):
        if is_made(name):
            delete(name)


def _delete_runs(airflow: AirflowClient, dag: str) -> None:
    """Nobody else's: these DAGs are there for this verb alone."""
    try:
        airflow.pause(dag)
    except AirflowError as error:
        # Not read yet, or the file has the executor that needs none of it.
        if error.code == "airflow.dag-not-found":
            return
        raise
    deadline = time.monotonic() + _GONE_SECONDS
    while runs := airflow.dag_runs(dag, limit=100):
        for run in runs:
            if time.monotonic() > deadline:
                raise _runs_stay(dag, len(runs))
            if not run.ended:
                airflow.values.fail_run(dag, run.run_id)
            airflow.values.delete_run(dag, run.run_id)


def _runs_stay(dag: str, count: int) -> WaitTimeout:
    return WaitTimeout(
        "verify.runs-stay",
        f"{count} or more runs of {dag} did not go within {_GONE_SECONDS:.0f} s",
        cause="Airflow says that it deletes them and does not, is slow, or somebody makes new ones.",
        fix=f"Delete {dag} in Airflow's UI: its file brings it back without them.",
    )


def _delete_files(session: Session) -> None:
    folder = session.spec.dags.live_folder
    for file in folder.glob(f"{PREFIX}*.py") if folder and folder.is_dir() else ():
        if is_made(file.stem):
            file.unlink(missing_ok=True)


def _delete_pods(session: Session) -> None:
    """Again and again for a while: a task that goes on for a moment may make one more."""
    deadline = time.monotonic() + _GONE_SECONDS
    while pods := _pods(session):
        if time.monotonic() > deadline:
            names = ", ".join(f"{name} in {namespace}" for namespace, name in pods)
            raise WaitTimeout(
                "verify.pods-stay",
                f"{names} did not go within {_GONE_SECONDS:.0f} s",
                cause="A finalizer or a node that is gone holds them.",
                fix="See what: kubectl describe pod",
            )
        for namespace, name in pods:
            grace = None if name.endswith(GIT_WRITE) else 0
            session.cluster.delete("v1", "Pod", name, namespace, grace_seconds=grace)
        time.sleep(_POLL_SECONDS)


def _pods(session: Session) -> list[tuple[str, str]]:
    """(namespace, name): pods of the DAGs' tasks, those that such tasks made, and the verb's own."""
    namespaces = session.spec.namespaces
    ours = (f"dag_id in ({','.join(DAGS)})", f"{POD_LABEL}={session.spec.name}")
    found: dict[tuple[str, str], None] = {}
    for namespace in dict.fromkeys((namespaces.workers, namespaces.control, FORBIDDEN)):
        for selector in ours:
            found |= {(namespace, pod["metadata"]["name"]): None for pod in _listed(session, namespace, selector)}
    return list(found)


def _listed(session: Session, namespace: str, selector: str) -> list[dict[str, Any]]:
    """Nothing where we may not look: there we could make nothing either."""
    return unless_forbidden(lambda: session.cluster.list("v1", "Pod", namespace, label_selector=selector)) or []
