"""What a service account may do: the authorizer is asked, with our own rights."""

from __future__ import annotations

from dataclasses import dataclass

from airstrip.kube.cluster import Cluster


@dataclass(frozen=True)
class Review:
    """`reason` is the authorizer's own, often empty."""

    allowed: bool
    reason: str


def review_access(cluster: Cluster, home: str, account: str, verb: str, resource: str, namespace: str) -> Review:
    """Whether `account` of the namespace `home` may `verb` a `resource` (`pods`, `pods/log`) in `namespace`; in all of
    them where that is empty. It counts as one of the groups that every service account is in.

    Raises KubernetesError, `kubernetes.forbidden` where we may not ask.
    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
    """
    kind, _, subresource = resource.partition("/")
    asked = {"namespace": namespace, "verb": verb, "resource": kind, "subresource": subresource}
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": f"system:serviceaccount:{home}:{account}", "groups": groups, "resourceAttributes": asked},
    }
    status = cluster.create(review).get("status") or {}
    return Review(bool(status.get("allowed")), str(status.get("reason", "")))
