"""What is in a cluster of others already: `up` takes nothing of it over, and `down` deletes nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.errors import CheckError
from airstrip.kube import inventory
from airstrip.manifests import DATABASE_CLAIM, POSTGRESQL, PROJECTS_MAP, SECRETS, ManifestSet
from airstrip.operations import history
from airstrip.operations.session import Session
from airstrip.targets.landed import owner_of

_RECORDS = frozenset({PROJECTS_MAP, history.NAME, inventory.NAME})
"""ConfigMaps of which a namespace has one, whatever the deployment's name is."""
_SHOWN = 10


def check_ownership(session: Session, manifests: ManifestSet) -> None:
    """Raises CheckError `place.taken`, with all that is somebody else's, before anything is changed."""
    if session.target.owns_cluster:
        return
    spec, cluster = session.spec, session.cluster
    entries = {inventory.Entry.of(item) for stage in manifests.stages for item in stage.objects}
    entries |= {inventory.Entry("v1", "Secret", spec.namespaces.control, name) for name in SECRETS}
    taken = [
        f"{entry.kind} {entry.name} in {entry.namespace}"
        for entry in sorted(entries)
        if (found := cluster.get(entry.api_version, entry.kind, entry.name, entry.namespace))
        and not is_own(spec.name, found)
    ]
    if taken:
        raise CheckError(
            "place.taken",
            f"{len(taken)} objects that {spec.name} would make are there already, and not its own",
            cause="Another deployment made them, or somebody by hand: `up` would take them over, `down` delete them.",
            fix="Land in namespaces of its own: namespaces: {control: …, workers: …}; or delete what nothing needs.",
            details="\n".join([*taken[:_SHOWN], *([f"and {len(taken) - _SHOWN} more"] if taken[_SHOWN:] else [])]),
        )


def is_own(deployment: str, item: Mapping[str, Any]) -> bool:
    """By its labels. A StatefulSet's claims have those of its selector alone."""
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    if metadata["name"] in _RECORDS:
        return labels.get("app.kubernetes.io/managed-by") == "airstrip"
    if (item["kind"], metadata["name"]) == ("PersistentVolumeClaim", DATABASE_CLAIM):
        selector = {"app.kubernetes.io/instance": deployment, "app.kubernetes.io/component": POSTGRESQL}
        return selector.items() <= labels.items()
    return owner_of(labels) == deployment
