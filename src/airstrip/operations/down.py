"""Takes a deployment away: Airflow's objects, then the place. Data stays unless it is asked for by name."""

from __future__ import annotations

import time
from contextlib import closing

from airstrip.answers import DownData
from airstrip.errors import AirstripError
from airstrip.events import Emit, Progress, Warned, step
from airstrip.file_lock import file_lock
from airstrip.kube import Lease, inventory, unless_forbidden
from airstrip.operations.kept import delete_kept
from airstrip.operations.session import Session
from airstrip.result import Result
from airstrip.targets.target import Confirm

_GRACE_SECONDS = 90.0
_LATER = ("api-server", "postgresql")
"""What running tasks need until they have ended, in the order in which it goes."""


def down(session: Session, emit: Emit, confirm: Confirm, *, data: bool) -> Result[DownData]:
    """Deletes what the inventory lists except volumes, claims and namespaces; stops the place.

    With `data`, those and the cluster's own state go too, once `confirm` agrees. Tolerates that all
    is gone already. Exit code 3 when something is left of the place.
    """
    spec = session.spec
    session.target.check_rights()
    if data and not confirm(_question(session)):
        raise AirstripError("down.refused", "nothing was deleted", fix="Without --data, data stays.")
    # Whatever comes of it, what was known of the place and its passwords is no more.
    with closing(session), file_lock(session.lock_file, spec.name):
        was_running = session.target.condition() != "stopped"
        # With its data, a cluster of the deployment's own goes as a whole.
        if not session.target.owns_cluster:
            _delete_among_others(session, emit, data=data)
        elif not data and (session.target.describe() is not None or _goes_on(session, was_running)):
            _delete_objects(session, emit)
        left = session.target.destroy(emit, data=data)
    document: DownData = {"name": spec.name, "wasRunning": was_running, "dataDeleted": data}
    return Result("down", document, left, exit_code=3 if left else 0)


def _goes_on(session: Session, was_running: bool) -> bool:
    """Whether a place that tells nothing of itself runs on all the same: then saying nothing would be a lie."""
    return was_running and session.target.outlasts_down


def _delete_among_others(session: Session, emit: Emit, *, data: bool) -> None:
    """In a cluster that stays: whoever is at work on the deployment from elsewhere is not disturbed."""
    cluster, control = session.cluster, session.spec.namespaces.control
    if unless_forbidden(lambda: cluster.get("v1", "Namespace", control) is not None) is False:
        return
    with Lease(cluster, control, purpose="down"):
        _delete_objects(session, emit)
        if data:
            delete_kept(session, emit)


def _question(session: Session) -> str:
    name, title = session.spec.name, session.target.title
    if not session.spec.database.url:
        return f"Delete all data of {name} in {title}: database, logs, runs, projects, passwords?"
    kept = (
        "Its database stays, but the key goes that connections and variables in it are encrypted with; and a "
        "PostgreSQL that was in the cluster before goes with its volume."
    )
    return f"Delete {name} in {title}, with its logs, projects, passwords and keys? {kept}"


def _delete_objects(session: Session, emit: Emit) -> None:
    """In the order of what needs what. A cluster that no longer answers does not keep its place from being stopped."""
    cluster, namespace = session.cluster, session.spec.namespaces.control
    try:
        with step(emit, "down.objects", "Delete Airflow's objects") as progress:
            recorded = inventory.read(cluster, namespace)
            deadline = time.monotonic() + _GRACE_SECONDS
            for number in range(len(_LATER) + 1):
                later = _LATER[number:]
                stays = {entry for entry in recorded if later and not (_runs(entry) and entry.name not in later)}
                inventory.prune(cluster, namespace, recorded, stays)
                _await_pods_gone(session, later, progress, deadline)
            progress.note = f"{len(recorded)} objects"
    except AirstripError as error:
        # Where the cluster stays, what was not deleted does, too.
        if session.target.outlasts_down:
            raise
        emit(Warned(error.code, f"Airflow's objects were not deleted: {error.message}", "The next `up` mends them."))


def _runs(entry: inventory.Entry) -> bool:
    return entry.kind in inventory.WORKLOADS


def _await_pods_gone(session: Session, later: tuple[str, ...], progress: Progress, deadline: float) -> None:
    """Lets tasks and components end; what has not ended in time is stopped with the place."""
    spec = session.spec
    # In namespaces that are given other pods go on.
    own = "" if spec.namespaces.create else f"app.kubernetes.io/instance={spec.name}"
    while True:
        pods = [
            pod
            for namespace in spec.all_namespaces
            for pod in session.cluster.list("v1", "Pod", namespace, label_selector=own)
            if pod["metadata"].get("labels", {}).get("app.kubernetes.io/component") not in later
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        ]
        if not pods or time.monotonic() > deadline:
            return
        progress.say(f"{len(pods)} pods are ending")
        time.sleep(0.5)
