"""Deleting a project's data: in a pod, which every place lets write where the project's pods wrote."""

from __future__ import annotations

from airstrip.errors import AirstripError, WaitTimeout
from airstrip.events import Progress
from airstrip.kube import wait_for_job
from airstrip.manifests import API_SERVER, data_job
from airstrip.operations.session import Session

_SECONDS = 300.0


def delete_data(session: Session, name: str, progress: Progress) -> None:
    """Raises `project.data-left` where something of it cannot be deleted; nothing else of the project matters then."""
    cluster, namespace = session.cluster, session.spec.namespaces.workers
    job = data_job(session.spec, _image(session), name)
    wanted = job["metadata"]["name"]
    # One of an earlier try, which would be believed.
    cluster.delete("batch/v1", "Job", wanted, namespace, wait=60)
    cluster.apply(job)
    try:
        wait_for_job(cluster, wanted, namespace, timeout=_SECONDS, on_progress=progress.say)
    except WaitTimeout as error:
        raise AirstripError(
            "project.data-left",
            f"not all data of the project {name} could be deleted",
            cause="Somebody else's files are in it, or no pod could be started.",
            fix=_fix(session, name),
            details=error.details or error.message,
        ) from error
    finally:
        cluster.delete("batch/v1", "Job", wanted, namespace)


def _image(session: Session) -> str:
    """Which the nodes have."""
    found = session.cluster.get("apps/v1", "Deployment", API_SERVER, session.spec.namespaces.control)
    if found is None:
        raise AirstripError(
            "deployment.not-landed",
            f"Airflow is not on {session.spec.name}: its {API_SERVER} is missing",
            cause="`up` did not get that far, or somebody deleted it.",
            fix="Run: ./airstrip up   (as root, or with sudo)",
        )
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def _fix(session: Session, name: str) -> str:
    again = f"./airstrip project remove {name} --data"
    folder = session.platform.data_folder
    return f"As root: rm -r '{folder}/{name}'; then run again: {again}" if folder else f"Run again: {again}"
