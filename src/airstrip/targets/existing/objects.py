"""The cluster-scoped objects of a deployment in somebody else's cluster: its namespaces, and the volumes of NFS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airstrip.platform import Binding, Purpose, SharedVolume
from airstrip.spec import Spec
from airstrip.targets.existing.spec import ContextSpec
from airstrip.targets.shared_volumes import (
    CAPACITY,
    build_namespaces,
    build_volumes,
    claim_of,
    purposes,
    roles,
    shared_volumes,
)


def volumes_of(spec: Spec, place: ContextSpec) -> tuple[SharedVolume, ...]:
    """What `shared` is behind: nothing where the file says nothing, one namespace's where it is a class."""
    if place.shared is None:
        return ()
    if place.shared.nfs is not None:
        return tuple(replace(volume, backing=_folder(place, volume.purpose)) for volume in shared_volumes(spec))
    assert place.shared.storage_class is not None
    binding = Binding("", place.shared.storage_class, CAPACITY)
    # Two claims of a class are two volumes: only what one namespace has is shared.
    one = len(roles(spec)) == 1
    return tuple(
        SharedVolume(
            purpose,
            "ReadWriteMany",
            dict.fromkeys(roles(spec)[-1:], binding) if one or purpose == "data" else {},
            claim=claim_of(spec, purpose),
        )
        for purpose in purposes(spec)
    )


def build_cluster_objects(spec: Spec, place: ContextSpec) -> tuple[dict[str, Any], ...]:
    """Namespaces first, unless they are given, then a PersistentVolume of the export for each claim."""
    namespaces = build_namespaces(spec) if spec.namespaces.create else ()
    if place.shared is None or place.shared.nfs is None:
        return tuple(namespaces)
    server, options = place.shared.nfs.server, list(place.shared.nfs.mount_options)

    def export(purpose: Purpose, project: str) -> dict[str, Any]:
        path = _folder(place, purpose) + (f"/{project}" if project else "")
        return {"nfs": {"server": server, "path": path}, **({"mountOptions": options} if options else {})}

    return (*namespaces, *build_volumes(spec, export))


def _folder(place: ContextSpec, purpose: Purpose) -> str:
    assert place.shared is not None
    assert place.shared.nfs is not None
    return f"{place.shared.nfs.path.rstrip('/')}/{purpose}"
