"""What a deployment's earlier landing forbids the next one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory, unless_forbidden
from airstrip.spec import Spec
from airstrip_pods.conventions import PROJECT_LABEL


def require_same_namespace(spec: Spec, cluster: Cluster) -> None:
    """Raises where another namespace of the deployment has its record: its volumes cannot come along.

    Asked by every place before it applies anything.
    """
    mine = f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={spec.name}"
    # Whoever may not look at others has made none there.
    found = unless_forbidden(lambda: cluster.list("v1", "Namespace", label_selector=mine)) or []
    for item in found:
        name = str(item["metadata"]["name"])
        recorded = unless_forbidden(partial(inventory.read, cluster, name))
        if recorded and name != spec.namespaces.control:
            raise AirstripError(
                "deployment.moved",
                f"{spec.name} is landed in the namespace {name}, and the file says {spec.namespaces.control}",
                cause="A volume cannot move to another namespace: the database and the logs would stay behind.",
                fix=f"Write it again: namespaces: {{control: {name}}}. Or, where the data may go: ./airstrip down "
                "--data, then ./airstrip up.",
            )


def require_own_namespaces(spec: Spec, cluster: Cluster) -> None:
    """Raises where the namespace of a project is there already and is not that project's.

    Another project's is none: its claim of data is bound to that one's folder, and no claim can be bound anew.
    """
    for name, project in spec.projects.items():
        found = _seen(cluster, project.namespace) if project.namespace else None
        labels = (found or {"metadata": {}})["metadata"].get("labels") or {}
        ours = {"app.kubernetes.io/instance": spec.name, PROJECT_LABEL: name}
        if found and not ours.items() <= labels.items():
            other = labels.get(PROJECT_LABEL)
            raise AirstripError(
                "project.taken",
                f"{project.place}: the namespace {project.namespace} is there already, and not of the project {name}",
                cause=f"It was made for the project {other}." if other else "Somebody else made it.",
                fix="Write another name; or, where all that is in it may go: "
                f"kubectl delete namespace {project.namespace}",
            )


def owner_of(labels: Mapping[str, str]) -> str | None:
    """The deployment that an object was made for; None where something else made it."""
    is_ours = labels.get("app.kubernetes.io/managed-by") == "airstrip"
    return labels.get("app.kubernetes.io/instance") if is_ours else None


def _seen(cluster: Cluster, namespace: str) -> dict[str, Any] | None:
    return unless_forbidden(lambda: cluster.get("v1", "Namespace", namespace))
