"""Where each kind lives in the API: a table for what we use, discovery for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Resource:
    """A kind's place in REST paths."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of an object, or of the collection without `name`; no namespace means all."""
        root = "/api/v1" if self.api_version == "v1" else f"/apis/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        parts += [quote(part, safe="") for part in (name, subresource) if part]
        return "/".join(parts)


_CLUSTER_SCOPED = {
    "v1": {"Namespace": "namespaces", "Node": "nodes", "PersistentVolume": "persistentvolumes"},
    "authorization.k8s.io/v1": {
        "SelfSubjectAccessReview": "selfsubjectaccessreviews",
        "SubjectAccessReview": "subjectaccessreviews",
    },
    "networking.k8s.io/v1": {"IngressClass": "ingressclasses"},
    "storage.k8s.io/v1": {"StorageClass": "storageclasses"},
    "rbac.authorization.k8s.io/v1": {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"},
}

_NAMESPACED = {
    "v1": {
        "ConfigMap": "configmaps",
        "Endpoints": "endpoints",
        "Event": "events",
        "LimitRange": "limitranges",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "Pod": "pods",
        "ResourceQuota": "resourcequotas",
        "Secret": "secrets",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
    },
    "apps/v1": {
        "DaemonSet": "daemonsets",
        "Deployment": "deployments",
        "ReplicaSet": "replicasets",
        "StatefulSet": "statefulsets",
    },
    "batch/v1": {"CronJob": "cronjobs", "Job": "jobs"},
    "coordination.k8s.io/v1": {"Lease": "leases"},
    "discovery.k8s.io/v1": {"EndpointSlice": "endpointslices"},
    "networking.k8s.io/v1": {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "rbac.authorization.k8s.io/v1": {"Role": "roles", "RoleBinding": "rolebindings"},
}


def known_resource(api_version: str, kind: str) -> Resource | None:
    """The resource where our table has it: no question to the cluster."""
    for table, namespaced in ((_NAMESPACED, True), (_CLUSTER_SCOPED, False)):
        if plural := table.get(api_version, {}).get(kind):
            return Resource(api_version, kind, plural, namespaced)
    return None
