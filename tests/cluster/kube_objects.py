"""Objects for the tests of the cluster client, all in one namespace of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airstrip.kube import Cluster, wait_for_default_service_account

NAMESPACE = "kube-test"


@contextmanager
def own_namespace(cluster: Cluster) -> Iterator[str]:
    """Made, and gone again at the end with all that is in it."""
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    wait_for_default_service_account(cluster, NAMESPACE)
    yield NAMESPACE
    cluster.delete("v1", "Namespace", NAMESPACE, wait=120)
    assert cluster.get("v1", "Namespace", NAMESPACE) is None


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "data": data,
    }


def pod_spec(image: str, script: str, **more: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["/usr/bin/bash", "-c", script],
        "securityContext": {"runAsUser": 50000},
        **more,
    }
    return {"containers": [container], "terminationGracePeriodSeconds": 1}


def workload(kind: str, name: str, spec: dict[str, Any], replicas: int = 1) -> dict[str, Any]:
    item: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }
    if kind == "StatefulSet":
        item["spec"]["serviceName"] = name
    return item


def job(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"backoffLimit": 0, "template": {"spec": {**spec, "restartPolicy": "Never"}}},
    }


def delete(cluster: Cluster, item: dict[str, Any]) -> None:
    cluster.delete(item["apiVersion"], item["kind"], item["metadata"]["name"], NAMESPACE)
