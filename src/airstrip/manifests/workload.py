"""The objects around a pod template: Deployment, StatefulSet, Service, PodDisruptionBudget."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import metadata, select
from airstrip.manifests.room import component_of


def deployment(
    inputs: Inputs, component: str, template: Object, *, settle_seconds: int = 0, one_at_a_time: bool = False
) -> Object:
    """The old pod goes when the new one is ready, and has been for `settle_seconds`: a bad release stops nothing.

    With `one_at_a_time` it goes first: the two would contradict each other.
    """
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    found: Object = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(inputs, component, component),
        "spec": {
            "replicas": component_of(inputs, component).replicas,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": select(inputs, component)},
            "strategy": {"type": "Recreate"} if one_at_a_time else rolling,
            "template": template,
        },
    }
    if settle_seconds:
        found["spec"]["minReadySeconds"] = settle_seconds
    return found


def stateful_set(
    inputs: Inputs,
    component: str,
    template: Object,
    *,
    claims: tuple[Object, ...] = (),
) -> Object:
    """A StatefulSet whose headless Service has its own name. `claims` can never be changed."""
    found: Object = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(inputs, component, component),
        "spec": {
            "podManagementPolicy": "Parallel",
            "replicas": component_of(inputs, component).replicas,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": select(inputs, component)},
            "serviceName": component,
            "template": template,
            "updateStrategy": {"type": "RollingUpdate"},
        },
    }
    if claims:
        found["spec"]["volumeClaimTemplates"] = list(claims)
    return found


def service(inputs: Inputs, component: str, port_name: str, port: int, *, node_port: int | None = None) -> Object:
    """Inside the cluster only, or on every node's `node_port`."""
    entry: Object = {"name": port_name, "port": port, "protocol": "TCP", "targetPort": port_name}
    if node_port is not None:
        entry["nodePort"] = node_port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(inputs, component, component),
        "spec": {
            "ports": [entry],
            "selector": select(inputs, component),
            "type": "ClusterIP" if node_port is None else "NodePort",
        },
    }


def headless_service(inputs: Inputs, component: str, port_name: str, port: int) -> Object:
    """Gives each pod of a StatefulSet a name in DNS, before it is ready too."""
    found = service(inputs, component, port_name, port)
    found["spec"] |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return found


def disruption_budgets(inputs: Inputs, replicas: dict[str, int]) -> tuple[Object, ...]:
    """One for each component with two or more pods: with one, it would only block a node's drain."""
    return tuple(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata(inputs, component, component),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": select(inputs, component)}},
        }
        for component, count in sorted(replicas.items())
        if count >= 2
    )
