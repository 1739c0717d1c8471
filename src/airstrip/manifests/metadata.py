"""Labels and metadata of every object."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import POSTGRESQL
from airstrip.spec import Spec


def select(inputs: Inputs, component: str) -> dict[str, str]:
    """The labels that find a component's pods. They never change: a workload's selector cannot."""
    return {"app.kubernetes.io/instance": inputs.spec.name, "app.kubernetes.io/component": component}


def selector(spec: Spec, component: str) -> str:
    """As the API takes it, of a deployment's own pods alone: in a namespace that is given there may be others."""
    own = {"component": component, "instance": spec.name, "managed-by": "airstrip"}
    return ",".join(f"app.kubernetes.io/{key}={value}" for key, value in own.items())


def labels(inputs: Inputs, component: str) -> dict[str, str]:
    """All labels of a component's objects and pods; the database's version is not Airflow's."""
    found = {**deployment_labels(inputs.spec), **select(inputs, component)}
    if component == POSTGRESQL:
        return {**found, "app.kubernetes.io/name": POSTGRESQL}
    return {**found, "app.kubernetes.io/version": inputs.spec.airflow.version}


def deployment_labels(spec: Spec) -> dict[str, str]:
    """Of what belongs to no single component."""
    return {
        "app.kubernetes.io/instance": spec.name,
        "app.kubernetes.io/managed-by": "airstrip",
        "app.kubernetes.io/name": "airflow",
    }


def metadata(inputs: Inputs, name: str, component: str, namespace: str | None = None) -> Object:
    """In the control plane's namespace where none is named."""
    return {"name": name, "namespace": namespace or inputs.control, "labels": labels(inputs, component)}


def config_map(inputs: Inputs, name: str, namespace: str, data: dict[str, str]) -> Object:
    """A ConfigMap that several components may read."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": deployment_labels(inputs.spec)},
        "data": data,
    }
