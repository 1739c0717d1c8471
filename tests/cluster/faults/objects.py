"""Throw-away objects in the deployment's namespaces: each has one thing wrong, and costs seconds."""

from __future__ import annotations

from typing import Any

from tests.landing import NAME

CONTROL = NAME
WORKERS = f"{NAME}-workers"
Object = dict[str, Any]
SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 50000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_RUN_LONG = "exec sleep 600"


def container(image: str, script: str = _RUN_LONG, **more: Any) -> Object:
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/bash", "-c", script],
        "securityContext": dict(SAFE),
        **more,
    }


def pod_spec(main: Object, **more: Any) -> Object:
    return {
        "automountServiceAccountToken": False,
        "containers": [main],
        "terminationGracePeriodSeconds": 0,
        **more,
    }


def pod(name: str, spec: Object, namespace: str = WORKERS, labels: dict[str, str] | None = None) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name, **(labels or {})}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"restartPolicy": "Always", **spec}}


def deployment(name: str, spec: Object, namespace: str = WORKERS) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, "app.kubernetes.io/component": name}},
                "spec": spec,
            },
        },
    }


def simple(kind: str, name: str, api_version: str = "v1", namespace: str | None = WORKERS, **more: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}
