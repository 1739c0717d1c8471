"""The cluster's own objects: DNS Service, default StorageClass, roles of the node's programs; pure."""

from __future__ import annotations

from typing import Any

from airstrip.embedded.components import STORAGE_CLASS
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor.volumes import PROVISIONER

Object = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"app.kubernetes.io/managed-by": "airstrip"}


def build_objects(config: NodeConfig) -> list[dict[str, Any]]:
    """What `apply` takes: the API path and the object, in the order of their needs."""
    return [
        *_role("airstrip:coredns", _COREDNS_RULES),
        *_role("airstrip:volumes", _VOLUMES_RULES),
        _entry("/apis/storage.k8s.io/v1/storageclasses", _storage_class()),
        _entry("/api/v1/namespaces/kube-system/services", _dns_service(config)),
        _entry("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices", _dns_endpoints(config)),
    ]


_COREDNS_RULES = [
    {"apiGroups": [""], "resources": ["services", "namespaces"], "verbs": ["list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
]
_VOLUMES_RULES = [
    {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list", "watch"]},
    {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["list", "create"]},
]


def _entry(collection: str, body: Object) -> dict[str, Any]:
    return {"path": f"{collection}/{body['metadata']['name']}", "object": body}


def _role(user: str, rules: list[Object]) -> list[dict[str, Any]]:
    """A ClusterRole and its binding to the user that a client certificate names."""
    role = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": _metadata(user), "rules": rules}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": _metadata(user),
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }
    return [
        _entry(f"/apis/{_RBAC}/v1/clusterroles", role),
        _entry(f"/apis/{_RBAC}/v1/clusterrolebindings", binding),
    ]


def _metadata(name: str) -> Object:
    return {"name": name, "labels": dict(_LABELS)}


def _storage_class() -> Object:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {**_metadata(STORAGE_CLASS), "annotations": annotations},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "Immediate",
    }


_DNS_PORTS = (("dns", "UDP"), ("dns-tcp", "TCP"))


def _dns_service(config: NodeConfig) -> Object:
    """For whoever looks for kube-dns; pods ask the node's address itself."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": {**_LABELS, "k8s-app": "kube-dns"},
        },
        "spec": {
            "clusterIP": str(config.subnets.dns_service),
            "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in _DNS_PORTS],
        },
    }


def _dns_endpoints(config: NodeConfig) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns-node",
            "namespace": "kube-system",
            "labels": {**_LABELS, "kubernetes.io/service-name": "kube-dns"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [str(config.subnets.node)], "conditions": {"ready": True}}],
        "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in _DNS_PORTS],
    }
