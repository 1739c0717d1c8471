"""What an earlier landing made and this one does not want: taken away at the end, when nothing needs it any more."""

from __future__ import annotations

from collections.abc import Iterable

from airstrip.events import Emit, step
from airstrip.kube import Cluster, has_failed, inventory


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
