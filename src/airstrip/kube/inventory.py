"""What was applied, recorded in the cluster: what a later apply prunes, and `down` deletes.

Only what is recorded here is ever deleted; never by a label selector.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airstrip.errors import KubernetesError
from airstrip.kube.cluster import Cluster

NAME = "airstrip-inventory"
WORKLOADS = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "StatefulSet"})
"""Kinds that run pods."""

_NEVER = frozenset({"Namespace", "PersistentVolume", "PersistentVolumeClaim"})


@dataclass(frozen=True, order=True)
class Entry:
    """One object that was applied. `namespace` is empty where it has none."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Entry:
        """An object's own."""
        metadata = item["metadata"]
        return cls(item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"])

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """The same object under another version of its API group is the same object."""
        group = self.api_version.rpartition("/")[0]
        return group, self.kind, self.namespace, self.name


def entries(items: Iterable[Mapping[str, Any]]) -> frozenset[Entry]:
    """The entries of some objects."""
    return frozenset(map(Entry.of, items))


def read(cluster: Cluster, namespace: str) -> frozenset[Entry]:
    """What is recorded; nothing where there is no record."""
    found = cluster.get("v1", "ConfigMap", NAME, namespace)
    if found is None:
        return frozenset()
    try:
        rows = json.loads((found.get("data") or {}).get("objects", "[]"))
        return frozenset(Entry(*row) for row in rows)
    except (ValueError, TypeError) as error:
        raise KubernetesError(
            "kubernetes.inventory-damaged",
            f"ConfigMap {NAME} in {namespace} cannot be read",
            cause="Something else than Airstrip changed it.",
            fix=f"Delete it, then run up: kubectl -n {namespace} delete configmap {NAME}",
        ) from error


def write(cluster: Cluster, namespace: str, recorded: Iterable[Entry]) -> None:
    """Records exactly these. Before an apply, record the old and the new together: nothing is then forgotten."""
    rows = [[entry.api_version, entry.kind, entry.namespace, entry.name] for entry in sorted(recorded)]
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": NAME,
                "namespace": namespace,
                "labels": {"app.kubernetes.io/managed-by": "airstrip"},
            },
            "data": {"objects": "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"},
        }
    )


def prunable(previous: Iterable[Entry], current: Iterable[Entry]) -> list[Entry]:
    """What is in `previous` and not in `current`, in the order in which it goes.

    Namespaces, volumes and claims stay.
    """
    stays = {entry.identity for entry in current}
    doomed = (entry for entry in previous if entry.identity not in stays and entry.kind not in _NEVER)
    return sorted(doomed, key=_deletion_order)


def prune(cluster: Cluster, namespace: str, previous: Iterable[Entry], current: Iterable[Entry]) -> frozenset[Entry]:
    """Deletes what is prunable, and returns it; records what is left. Tolerates what is gone already.

    With nothing in `current` this takes everything away but namespaces, volumes and claims.
    """
    previous, current = frozenset(previous), frozenset(current)
    stays = {entry.identity for entry in current}
    doomed = prunable(previous, current)
    for entry in doomed:
        cluster.delete(entry.api_version, entry.kind, entry.name, entry.namespace or None)
    kept = {entry for entry in previous if entry.kind in _NEVER and entry.identity not in stays}
    write(cluster, namespace, current | kept)
    return frozenset(doomed)


def _deletion_order(entry: Entry) -> tuple[int, Entry]:
    """What runs goes before what it needs: its accounts, roles, settings and services."""
    return (0 if entry.kind in WORKLOADS else 1), entry
