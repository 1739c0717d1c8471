"""Shared volumes by their claims: what every place has that can bind one backing in several namespaces.

A claim belongs to one namespace, so each has a PersistentVolume of its own, which is for that claim only and stays
when it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from airstrip.platform import Binding, Purpose, Role, SharedVolume
from airstrip.spec import Spec
from airstrip_pods.conventions import PROJECT_LABEL

CAPACITY = "10Gi"
"""What is asked for: a folder has no size of its own."""
_ROLES: tuple[Role, ...] = ("control", "workers")

Source = Callable[[Purpose, str], dict[str, Any]]
"""The part of a PersistentVolume's spec that names what is behind it; of `data` also for one project alone."""


def namespace_of(spec: Spec, role: Role) -> str:
    return spec.namespaces.control if role == "control" else spec.namespaces.workers


def roles(spec: Spec) -> tuple[Role, ...]:
    """One for each namespace: where there is one only, its claim serves both."""
    return ("control",) if spec.namespaces.control == spec.namespaces.workers else _ROLES


def shared_volumes(spec: Spec) -> tuple[SharedVolume, ...]:
    """One backing each for logs and, where pods share them, DAGs, bound once in every namespace; and for data, in the
    workers'."""
    return tuple(
        SharedVolume(
            purpose,
            "ReadWriteMany",
            {
                role: Binding(f"{spec.name}-{claim_of(spec, purpose)}-{role}", "", CAPACITY)
                for role in (roles(spec)[-1:] if purpose == "data" else roles(spec))
            },
            claim=claim_of(spec, purpose),
            backing=backing_of(spec, purpose),
            # Named after both: neither a volume's folder nor the claim that it is bound to can change.
            projects={
                name: Binding(f"{spec.name}-{claim_of(spec, purpose)}-{name}-in-{project.namespace}", "", CAPACITY)
                for name, project in spec.projects.items()
                if project.namespace and not (purpose == "data" and project.data)
            },
        )
        for purpose in purposes(spec)
    )


def claim_of(spec: Spec, purpose: Purpose) -> str:
    """Neither what a volume is a folder of nor which volume a claim is bound to can change: each way of DAGs has its
    own."""
    return spec.dags.claim if purpose == "dags" else purpose


def backing_of(spec: Spec, purpose: Purpose) -> str:
    """A live folder may be another one from the next `up` on."""
    return str(spec.dags.live_folder or "") if purpose == "dags" else ""


def purposes(spec: Spec) -> tuple[Purpose, ...]:
    return (*spec.dags.volumes, "data")


def build_namespaces(spec: Spec) -> Iterator[dict[str, Any]]:
    """The control plane's first, then the workers' and those of projects."""
    for name in dict.fromkeys(namespace_of(spec, role) for role in _ROLES):
        yield _namespace(name, spec.name)
    own = {project.namespace: name for name, project in spec.projects.items() if project.namespace}
    for name, project in own.items():
        yield _namespace(name, spec.name, project)


def build_volumes(spec: Spec, source: Source) -> Iterator[dict[str, Any]]:
    """A PersistentVolume for each claim of the shared volumes."""
    for volume in shared_volumes(spec):
        for role, binding in volume.bindings.items():
            yield _volume(spec, binding, volume.claim_name, namespace_of(spec, role), source(volume.purpose, ""))
        for project, binding in volume.projects.items():
            behind = source(volume.purpose, project if volume.purpose == "data" else "")
            yield _volume(spec, binding, volume.claim_name, spec.namespace_of(project), behind)


def _labels(deployment: str) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "airstrip", "app.kubernetes.io/instance": deployment}


def _namespace(name: str, deployment: str, project: str = "") -> dict[str, Any]:
    """Pod security `restricted` is enforced, so a privileged pod is refused by admission. `project`: whose it is."""
    labels = _labels(deployment) | ({PROJECT_LABEL: project} if project else {})
    for mode in ("enforce", "warn", "audit"):
        labels[f"pod-security.kubernetes.io/{mode}"] = "restricted"
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _volume(spec: Spec, binding: Binding, claim: str, namespace: str, source: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": binding.volume, "labels": _labels(spec.name)},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": binding.capacity},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim, "namespace": namespace},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": binding.storage_class,
            "volumeMode": "Filesystem",
            **source,
        },
    }
