"""What a deployment's earlier landing forbids the next one."""

from __future__ import annotations

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory
from airstrip.spec import Spec
from airstrip_pods.conventions import PROJECT_LABEL


def require_same_namespace(spec: Spec, cluster: Cluster) -> None:
    """Raises where another namespace of the deployment has its record: its volumes cannot come along.

    Asked by every place before it applies anything.
    """
    mine = f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={spec.name}"
    for item in cluster.list("v1", "Namespace", label_selector=mine):
        name = str(item["metadata"]["name"])
        if name != spec.namespaces.control and inventory.read(cluster, name):
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
        found = cluster.get("v1", "Namespace", project.namespace) if project.namespace else None
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
