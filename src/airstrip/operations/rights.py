"""The rights that a landing needs in a cluster that somebody else runs, and the roles to ask an administrator for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from airstrip.errors import CheckError
from airstrip.kube import Cluster, Resource, Right, is_allowed, unless_forbidden
from airstrip.manifests import ManifestSet, format_document
from airstrip.operations.session import Session
from airstrip.spec import Spec

_RBAC = "rbac.authorization.k8s.io"
_OBJECTS = ("create", "delete", "get", "list", "patch")
"""What server-side apply, the plan, the pruning and `doctor`, which finds what is gone, ask of each kind."""
_OF_CLUSTER = ("create", "get", "patch")
"""Of those in no namespace, which `down --data` alone deletes."""
_LANDING, _LOOKING = "landing", "looking"
_WATCHED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "configmaps"): (*_OBJECTS, "update"),
    ("", "events"): ("list",),
    ("", "limitranges"): ("list",),
    # A namespace is in itself: a Role there lets it be looked at.
    ("", "namespaces"): ("get",),
    ("", "persistentvolumeclaims"): ("list",),
    ("", "pods"): (*_OBJECTS, "watch"),
    ("", "pods/exec"): ("create", "get"),
    ("", "pods/log"): ("get",),
    ("", "pods/portforward"): ("create", "get"),
    ("", "resourcequotas"): ("list",),
    ("", "secrets"): (*_OBJECTS, "update"),
    ("apps", "deployments"): ("list",),
    ("apps", "replicasets"): ("list",),
    ("apps", "statefulsets"): ("list",),
    ("batch", "jobs"): _OBJECTS,
    ("coordination.k8s.io", "leases"): ("create", "delete", "get", "update"),
    ("networking.k8s.io", "networkpolicies"): ("list",),
}
"""What verbs ask besides, in every namespace of the deployment: `run`, `logs`, `verify`, `doctor` and the lock."""

Locate = Callable[[str, str], Resource]
"""By API version and kind."""


def check_landing_rights(session: Session, manifests: ManifestSet) -> None:
    """Raises CheckError `kubernetes.rights-missing`, with the roles to ask for, where a landing would be refused."""
    if session.target.owns_cluster:
        return
    spec, cluster = session.spec, session.cluster
    namespaced = [item for stage in manifests.stages for item in stage.objects]
    absent = [item for item in session.target.cluster_objects() if not _is_there(cluster, item)]
    rights = needed_rights(spec, [*absent, *namespaced], cluster.resource)
    lacking = [right for right in rights if not is_allowed(cluster, right)]
    if not lacking:
        return
    of_cluster = absent if any(not right.namespace for right in lacking) else []
    raise _missing(spec, rights, lacking, of_cluster)


def _is_there(cluster: Cluster, item: Mapping[str, Any]) -> bool:
    """An administrator may have made it; one that we may not look for counts as absent."""
    kind, name = item["kind"], item["metadata"]["name"]
    return unless_forbidden(lambda: cluster.get(item["apiVersion"], kind, name)) is not None


def needed_rights(spec: Spec, objects: Iterable[Mapping[str, Any]], locate: Locate) -> tuple[Right, ...]:
    """Sorted. A Role may be made only by who has all that it grants, so that is among them.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    """
    found = {
        Right(namespace, group, resource, verb)
        for namespace in spec.all_namespaces
        for (group, resource), verbs in _WATCHED.items()
        for verb in verbs
    }
    for item in objects:
        found.update(_of_object(item, locate))
        found.update(_granted(item))
    return tuple(sorted(found))


def _of_object(item: Mapping[str, Any], locate: Locate) -> Iterator[Right]:
    group = item["apiVersion"].rpartition("/")[0]
    resource = locate(item["apiVersion"], item["kind"])
    namespace = item["metadata"]["namespace"] if resource.namespaced else ""
    verbs = _OBJECTS if resource.namespaced else _OF_CLUSTER
    yield from (Right(namespace, group, resource.plural, verb) for verb in verbs)


def _granted(item: Mapping[str, Any]) -> Iterator[Right]:
    if item["kind"] != "Role":
        return
    for rule in item["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield from (Right(item["metadata"]["namespace"], group, resource, verb) for verb in rule["verbs"])


def _missing(
    spec: Spec, rights: Sequence[Right], lacking: Sequence[Right], of_cluster: Iterable[Mapping[str, Any]]
) -> CheckError:
    places = ", ".join(dict.fromkeys(right.namespace or "the whole cluster" for right in lacking))
    documents = [*build_roles(spec, lacking), *of_cluster]
    return CheckError(
        "kubernetes.rights-missing",
        f"{len(lacking)} of {len(rights)} rights that {spec.name} needs are not yours: in {places}",
        cause="The user of the kubeconfig may not do all that a landing does. Nothing was changed.",
        fix="Ask an administrator to apply the roles below and to bind them to you. Where objects stand after them, "
        f"they may apply those instead of the ClusterRole {spec.name}-{_LANDING}. Then run this again.",
        details="".join(f"---\n{format_document(item)}" for item in documents),
    )


def build_roles(spec: Spec, rights: Iterable[Right]) -> tuple[dict[str, Any], ...]:
    """One Role for each namespace, and ClusterRoles for what is in none, with exactly these rights.

    To look at those objects is a ClusterRole of its own: whoever is given them, made, needs it to find them.
    """
    groups = groupby(sorted(rights, key=_role_of), _role_of)
    return tuple(_role(spec, namespace, purpose, list(found)) for (namespace, purpose), found in groups)


def _role_of(right: Right) -> tuple[str, str]:
    return right.namespace, _LOOKING if not right.namespace and right.verb == "get" else _LANDING


def _role(spec: Spec, namespace: str, purpose: str, rights: Sequence[Right]) -> dict[str, Any]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in rights:
        verbs.setdefault((right.group, right.resource), []).append(right.verb)
    resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), allowed in verbs.items():
        resources.setdefault((group, tuple(allowed)), []).append(resource)
    rules = [
        {"apiGroups": [group], "resources": names, "verbs": list(allowed)}
        for (group, allowed), names in sorted(resources.items())
    ]
    metadata = {"name": f"{spec.name}-{purpose}", **({"namespace": namespace} if namespace else {})}
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules}
