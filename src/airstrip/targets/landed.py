"""What a deployment's earlier landing forbids the next one."""

from __future__ import annotations

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory
from airstrip.spec import Spec


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
