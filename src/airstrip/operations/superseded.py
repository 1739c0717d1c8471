"""What an earlier landing made and this one does not want: taken away at the end, when nothing needs it any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from airstrip.errors import AirstripError
from airstrip.events import Emit, Warned, step
from airstrip.kube import Cluster, has_failed, inventory
from airstrip.spec import Spec

_AT_WORK = ("Pending", "Running", "Unknown")
_OF_TASKS, _INSTANCE = "dag_id", "app.kubernetes.io/instance"


def prune(
    cluster: Cluster,
    namespace: str,
    previous: frozenset[inventory.Entry],
    current: frozenset[inventory.Entry],
    emit: Emit,
) -> int:
    """Returns how many are gone. A step only where there is something to take away."""
    if not inventory.prunable(previous, current):
        return len(inventory.prune(cluster, namespace, previous, current))
    with step(emit, "apply.prune", "Take away what is no longer wanted") as progress:
        gone = inventory.prune(cluster, namespace, previous, current)
        progress.note = f"{len(gone)} objects"
    return len(gone)


def drop_failed_jobs(cluster: Cluster, superseded: frozenset[inventory.Entry]) -> None:
    """Of an `up` that failed, and whose file was changed since: what they say is not wrong any more."""
    for entry in superseded:
        found = cluster.get(entry.api_version, "Job", entry.name, entry.namespace) if entry.kind == "Job" else None
        if found and has_failed(found):
            cluster.delete(entry.api_version, "Job", entry.name, entry.namespace)


def awaited(
    cluster: Cluster, namespaces: Iterable[str], recorded: frozenset[inventory.Entry]
) -> frozenset[inventory.Entry]:
    """What a task's pod was made with and has not mounted yet: without it, it could not start."""
    mounted = {
        (namespace, kind, volume[source][key])
        for namespace in namespaces
        for pod in cluster.list("v1", "Pod", namespace, field_selector="status.phase=Pending")
        for volume in pod["spec"].get("volumes") or ()
        for kind, source, key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName"))
        if source in volume
    }
    return frozenset(entry for entry in recorded if (entry.namespace, entry.kind, entry.name) in mounted)


def left_namespaces(spec: Spec, recorded: Iterable[inventory.Entry]) -> Sequence[str]:
    """Those that tasks' pods have no more: of a project that left the file, or has another one. Claims stay there."""
    made = {entry.namespace for entry in recorded if entry.namespace and entry.kind != "PersistentVolumeClaim"}
    return sorted(made - set(spec.all_namespaces))


def require_left_idle(cluster: Cluster, name: str, namespaces: Iterable[str]) -> None:
    """Raises while tasks' pods are at work in them: they lose their rights with the rest, and nobody looks after them.

    `name` is the deployment's.
    """
    for namespace in namespaces:
        if pods := _at_work(cluster, name, namespace):
            names = [str(pod["metadata"]["name"]) for pod in pods]
            raise AirstripError(
                "project.at-work",
                f"{len(pods)} pod{'s are' if len(pods) > 1 else ' is'} at work in {namespace}, which the file does not "
                "have any more",
                cause="With the project go the rights of its pods, and Airflow would look after them no longer.",
                fix="Pause its DAGs and wait until they have ended, or end the tasks in Airflow; then run up again.",
                details="\n".join(sorted(names)),
            )


def kept_for_work(
    cluster: Cluster, name: str, namespaces: Iterable[str], recorded: frozenset[inventory.Entry], emit: Emit
) -> frozenset[inventory.Entry]:
    """What is in those where a task's pod has begun since they were idle: the next `up` takes it away."""
    busy = [namespace for namespace in namespaces if _at_work(cluster, name, namespace)]
    for namespace in busy:
        message = f"A task has begun in {namespace} meanwhile, which the file does not have any more: its rights stay"
        emit(Warned("project.at-work", message, "When it has ended, run: ./airstrip up"))
    return frozenset(entry for entry in recorded if entry.namespace in busy)


def _at_work(cluster: Cluster, name: str, namespace: str) -> list[dict[str, Any]]:
    """Of an operator's pod nothing says whose it is."""
    pods = cluster.list("v1", "Pod", namespace, label_selector=_OF_TASKS)
    mine = [pod for pod in pods if pod["metadata"]["labels"].get(_INSTANCE, name) == name]
    return [pod for pod in mine if pod["status"].get("phase") in _AT_WORK]


def delete_ended_pods(cluster: Cluster, name: str, namespaces: Iterable[str]) -> None:
    """Those of Airflow's executor, which watches these namespaces no more, and would leave them for ever."""
    selector = f"{_OF_TASKS},{_INSTANCE}={name}"
    for namespace in namespaces:
        for pod in cluster.list("v1", "Pod", namespace, label_selector=selector):
            if pod["status"].get("phase") not in _AT_WORK:
                cluster.delete("v1", "Pod", pod["metadata"]["name"], namespace)
