"""The cluster-scoped objects of a deployment on the node: namespaces and statically bound volumes."""

from __future__ import annotations

from typing import Any

from airstrip.platform import Binding, Purpose, Role, SharedVolume
from airstrip.spec import Spec
from airstrip_pods.conventions import PROJECT_LABEL

STORAGE_CLASS = "standard"
ROLES: tuple[Role, ...] = ("control", "workers")
_CAPACITY = "10Gi"


def namespace_of(spec: Spec, role: Role) -> str:
    return spec.namespaces.control if role == "control" else spec.namespaces.workers


def _roles(spec: Spec) -> tuple[Role, ...]:
    """One for each namespace: where there is one only, its claim serves both."""
    return ("control",) if spec.namespaces.control == spec.namespaces.workers else ("control", "workers")


def shared_volumes(spec: Spec) -> tuple[SharedVolume, ...]:
    """One host folder each for logs and, where pods share them, DAGs, bound once in every namespace; and for
    data, in the workers'."""
    return tuple(
        SharedVolume(
            purpose,
            "ReadWriteMany",
            {
                role: Binding(f"{spec.name}-{_claim(spec, purpose)}-{role}", "", _CAPACITY)
                for role in (_roles(spec)[-1:] if purpose == "data" else _roles(spec))
            },
            claim=_claim(spec, purpose),
            backing=_backing(spec) if purpose == "dags" else "",
            # Named after both: neither a volume's folder nor the claim that it is bound to can change.
            projects={
                name: Binding(f"{spec.name}-{_claim(spec, purpose)}-{name}-in-{project.namespace}", "", _CAPACITY)
                for name, project in spec.projects.items()
                if project.namespace and not (purpose == "data" and project.data)
            },
        )
        for purpose in _purposes(spec)
    )


def _claim(spec: Spec, purpose: Purpose) -> str:
    """Neither what a volume is a folder of nor which volume a claim is bound to can change: each way of DAGs has its
    own."""
    return spec.dags.claim if purpose == "dags" else purpose


def _backing(spec: Spec) -> str:
    """A live folder may be another one from the next `up` on."""
    return str(spec.dags.live_folder or "")


def _purposes(spec: Spec) -> tuple[Purpose, ...]:
    return (*spec.dags.volumes, "data")


def build_namespace(name: str, deployment: str, project: str = "") -> dict[str, Any]:
    """Pod security `restricted` is enforced, so a privileged pod is refused by admission. `project`: whose it is."""
    labels = {"app.kubernetes.io/managed-by": "airstrip", "app.kubernetes.io/instance": deployment}
    labels |= {PROJECT_LABEL: project} if project else {}
    for mode in ("enforce", "warn", "audit"):
        labels[f"pod-security.kubernetes.io/{mode}"] = "restricted"
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def build_volume(binding: Binding, claim: str, namespace: str, folder: str, node: str) -> dict[str, Any]:
    """A `local` volume on the node, kept when its claim goes, for one claim only."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": binding.volume, "labels": {"app.kubernetes.io/managed-by": "airstrip"}},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": binding.capacity},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim, "namespace": namespace},
            "local": {"path": folder},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": binding.storage_class,
            "volumeMode": "Filesystem",
        },
    }


def build_cluster_objects(spec: Spec, folders: dict[Purpose, str], node: str) -> tuple[dict[str, Any], ...]:
    """Namespaces first, then a PersistentVolume for each claim. `folders` are host paths by purpose."""
    objects = [build_namespace(name, spec.name) for name in dict.fromkeys(namespace_of(spec, role) for role in ROLES)]
    own = {project.namespace: name for name, project in spec.projects.items() if project.namespace}
    objects += [build_namespace(namespace, spec.name, project) for namespace, project in own.items()]
    for volume in shared_volumes(spec):
        folder = folders[volume.purpose]
        for role, binding in volume.bindings.items():
            objects.append(build_volume(binding, volume.claim_name, namespace_of(spec, role), folder, node))
        for project, binding in volume.projects.items():
            its = f"{folder}/{project}" if volume.purpose == "data" else folder
            objects.append(build_volume(binding, volume.claim_name, spec.namespace_of(project), its, node))
    return tuple(objects)
