"""What whoever asks may do: the API server is asked, with each verb of each resource by itself."""

from __future__ import annotations

from dataclasses import dataclass

from airstrip.kube.cluster import Cluster


@dataclass(frozen=True, order=True)
class Right:
    """A verb on a resource (`pods`, `pods/log`) of an API group, "" being the core's; no namespace: in all of them."""

    namespace: str
    group: str
    resource: str
    verb: str


def is_allowed(cluster: Cluster, right: Right) -> bool:
    """By a SelfSubjectAccessReview, which everybody may make: namespaces need not be there yet.

    https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
    """
    kind, _, subresource = right.resource.partition("/")
    asked = {"namespace": right.namespace, "verb": right.verb, "group": right.group, "resource": kind}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": {**asked, "subresource": subresource}},
    }
    return bool((cluster.create(review).get("status") or {}).get("allowed"))
