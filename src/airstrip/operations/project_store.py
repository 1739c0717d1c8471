"""Projects as the cluster has them: each is its ConfigMap, which says the rest of it in an annotation.

Those that the command line made are in no inventory: neither `up` nor `down` takes them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.manifests import (
    DAG_PROCESSOR,
    PROJECTS_MAP,
    SCHEDULER,
    checksum,
    parse_project,
    project_of,
    projects_maps,
    projects_selector,
)
from airstrip.spec import Project, Spec

_KINDS = ("ConfigMap", "Secret", "ServiceAccount")
_TOLD = "airstrip/projects"
"""On a pod: a checksum of what it was told last. A change of it makes the kubelet look at the pod at once."""


@dataclass(frozen=True)
class StoredProject:
    """`by_command`: no file declares it."""

    project: Project
    by_command: bool


def stored_projects(cluster: Cluster, spec: Spec) -> dict[str, StoredProject]:
    """By name."""
    maps = (
        item
        for namespace in spec.task_namespaces
        for item in cluster.list("v1", "ConfigMap", namespace, label_selector=projects_selector(spec))
    )
    return {project_of(item): StoredProject(*parse_project(item)) for item in maps}


def kept_projects(cluster: Cluster, spec: Spec) -> dict[str, Project]:
    """Those that the command line made. Raises where the file cannot have one of its own, before it is applied."""
    stored = stored_projects(cluster, spec)
    for name, project in spec.projects.items():
        if name in stored and stored[name].by_command:
            raise AirstripError(
                "project.declared-twice",
                f"{project.place} declares the project {name}, and the command line made one of this name",
                cause="The file would take its place, and with it settings and secrets that only the cluster has.",
                fix=f"./airstrip project show {name}; then ./airstrip project remove {name} (its data folder stays), "
                "or remove it from the file.",
            )
        require_free(cluster, spec, name)
    return {name: item.project for name, item in stored.items() if item.by_command}


def require_free(cluster: Cluster, spec: Spec, name: str) -> None:
    """Raises where an object that is not the project's has a name that it needs."""
    namespace = spec.namespace_of(name)
    for kind in _KINDS:
        found = cluster.get("v1", kind, name, namespace)
        if found and project_of(found) != name:
            raise AirstripError(
                "project.taken",
                f"{namespace} has a {kind} {name} already, and it is not a project's",
                cause="Somebody made it: Airstrip changes only what it made itself.",
                fix=f"Take another name for the project, or: kubectl -n {namespace} delete {kind.lower()} {name}",
            )


def apply_maps(cluster: Cluster, spec: Spec, projects: Mapping[str, Project]) -> None:
    """What DAG files may know of projects, and at once."""
    for item in projects_maps(spec, projects):
        cluster.apply(item)
    tell_airflow(cluster, spec)


def tell_airflow(cluster: Cluster, spec: Spec) -> None:
    """Has the kubelet look at what DAG files may know; by itself it would within a minute or so. Rolls nothing."""
    namespace = spec.namespaces.control
    found = cluster.get("v1", "ConfigMap", PROJECTS_MAP, namespace) or {}
    told = checksum(found.get("data") or {})
    components = f"app.kubernetes.io/component in ({DAG_PROCESSOR},{SCHEDULER})"
    selector = f"app.kubernetes.io/instance={spec.name},{components}"
    for pod in cluster.list("v1", "Pod", namespace, label_selector=selector):
        metadata = pod["metadata"]
        reads = any(volume["name"] == PROJECTS_MAP for volume in pod["spec"].get("volumes") or ())
        if reads and (metadata.get("annotations") or {}).get(_TOLD) != told:
            cluster.patch("v1", "Pod", metadata["name"], {"metadata": {"annotations": {_TOLD: told}}}, namespace)
