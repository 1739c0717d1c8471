"""Takes a deployment away: Airflow's objects, then the place. Data stays unless it is asked for by name."""

from __future__ import annotations

import time

from airstrip.errors import AirstripError
from airstrip.events import Emit, Progress, Warned, step
from airstrip.file_lock import file_lock
from airstrip.kube import inventory
from airstrip.operations.session import Session
from airstrip.paths import lock_file
from airstrip.result import Result

_GRACE_SECONDS = 90.0


def down(session: Session, emit: Emit, *, data: bool) -> Result:
    """Deletes what the inventory lists except volumes, claims, namespaces and Secrets; stops the place.

    With `data`, those and the cluster's own state go too. Tolerates that all is gone already.
    """
    spec = session.spec
    with file_lock(lock_file(spec.name), spec.name):
        was_running = session.target.describe() is not None
        if was_running and not data:
            _delete_objects(session, emit)
        session.target.destroy(emit, data=data)
    return Result("down", {"name": spec.name, "wasRunning": was_running, "dataDeleted": data})


def _delete_objects(session: Session, emit: Emit) -> None:
    """A cluster that no longer answers does not keep its place from being stopped."""
    namespace = session.spec.namespaces.control
    try:
        with step(emit, "down.objects", "Delete Airflow's objects") as progress:
            recorded = inventory.read(session.cluster, namespace)
            inventory.prune(session.cluster, namespace, recorded, frozenset())
            _await_pods_gone(session, progress)
            progress.note = f"{len(recorded)} objects"
    except AirstripError as error:
        emit(Warned(error.code, f"Airflow's objects were not deleted: {error.message}", "The next `up` mends them."))


def _await_pods_gone(session: Session, progress: Progress) -> None:
    """Lets the database and running tasks end in order; what has not ended in time is stopped with the place."""
    namespaces = dict.fromkeys((session.spec.namespaces.control, session.spec.namespaces.workers))
    deadline = time.monotonic() + _GRACE_SECONDS
    while True:
        pods = [pod for namespace in namespaces for pod in session.cluster.list("v1", "Pod", namespace)]
        if not pods or time.monotonic() > deadline:
            return
        progress.say(f"{len(pods)} pods are ending")
        time.sleep(0.5)
