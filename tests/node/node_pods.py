"""Pods on a bare node, made and read through the node's own small API client."""

from __future__ import annotations

import time
from typing import Any

from airstrip.embedded import NodeConfig
from airstrip.embedded.readiness import admin_api
from airstrip.embedded.supervisor.api import ApiError
from tests.node.tool_image import REFERENCE

NAMESPACE = "node-test"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


def make_namespace(config: NodeConfig) -> None:
    """With pod security `restricted` enforced; waits for its service account."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    create(config, "/api/v1/namespaces", body)
    eventually(lambda: exists(config, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"), 30, "account")


def create(config: NodeConfig, collection: str, body: dict[str, Any]) -> None:
    """Tolerates that it is there."""
    try:
        admin_api(config).request("POST", collection, body)
    except ApiError as error:
        if error.status != 409:
            raise


def exists(config: NodeConfig, path: str) -> bool:
    try:
        admin_api(config).request("GET", path)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True


def pod(name: str, script: str, claim: str | None = None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A `restricted` pod that runs a bash script once, as user 50000 in group 0."""
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    mounts = [{"name": "data", "mountPath": "/data"}] if claim else []
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 50000,
                "runAsGroup": 0,
                "fsGroup": 50000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "main",
                    "image": REFERENCE,
                    "imagePullPolicy": "Never",
                    "args": [script],
                    "securityContext": security,
                    "volumeMounts": mounts,
                }
            ],
            "volumes": volumes,
        },
    }


def start(config: NodeConfig, body: dict[str, Any]) -> None:
    create(config, _PODS, body)


def phase(config: NodeConfig, name: str) -> str:
    return str(admin_api(config).request("GET", f"{_PODS}/{name}")["status"].get("phase"))


def address(config: NodeConfig, name: str) -> str:
    return str(admin_api(config).request("GET", f"{_PODS}/{name}")["status"].get("podIP", ""))


def log(config: NodeConfig, name: str) -> str:
    """What the pod printed: the API answers with plain text, which the client wraps."""
    return str(admin_api(config).request("GET", f"{_PODS}/{name}/log")["message"])


def finish(config: NodeConfig, body: dict[str, Any], seconds: float = 60) -> str:
    """Runs a pod to its end; returns its output, and fails with it when the script failed."""
    name = body["metadata"]["name"]
    start(config, body)
    eventually(lambda: phase(config, name) in ("Succeeded", "Failed"), seconds, f"end of pod {name}")
    output = log(config, name)
    assert phase(config, name) == "Succeeded", output
    return output


def claim(name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def service(name: str, port: int, node_port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "NodePort",
            "selector": {"app": name},
            "ports": [{"port": port, "targetPort": port, "nodePort": node_port}],
        },
    }


def eventually(look: Any, seconds: float, what: str) -> float:
    """Waits until `look()` is true; returns how many seconds that took."""
    begin = time.monotonic()
    while True:
        try:
            if look():
                return time.monotonic() - begin
        except (OSError, ApiError):
            pass
        assert time.monotonic() - begin < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.2)
