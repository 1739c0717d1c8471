"""Reads what is around pods: namespaces, quotas, workloads, landed objects, rights, DNS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from airstrip.diagnose.facts import DeploymentFact, Facts, ProbeFact
from airstrip.diagnose.namespace_facts import (
    AccessFact,
    DnsFact,
    MissingFact,
    NamespaceFact,
    QuotaFact,
    StuckFact,
    WorkloadFact,
)
from airstrip.diagnose.quantity import quantity
from airstrip.diagnose.readable import all_but, seen_in
from airstrip.kube import Cluster, inventory, review_access, unless_forbidden
from airstrip.times import age

_COMPONENT = "app.kubernetes.io/component"
_NOT_IN_VIEW = frozenset({"Secret", "Role", "RoleBinding"})
"""Kinds that Kubernetes' own ClusterRole `view` does not let see: nobody is asked to let us.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
"""
_INSTANCE = "app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance="
_NEEDED_RIGHTS = (
    *(("scheduler", verb, "pods") for verb in ("create", "delete", "list", "patch", "watch")),
    ("api-server", "list", "pods"),
    ("api-server", "get", "pods/log"),
    ("triggerer", "get", "pods"),
    ("triggerer", "get", "pods/log"),
)
"""(component, verb, resource) in each namespace of tasks' pods."""


def read_namespace(cluster: Cluster, name: str) -> Facts:
    """And whether it should have been gone by now."""
    item = cluster.get("v1", "Namespace", name)
    return Facts(
        namespaces=(NamespaceFact(name, _phase(item)),),
        stuck=(stuck("Namespace", item),) if item and is_ending(item) else (),
    )


def read_quotas(cluster: Cluster, names: Iterable[str]) -> Facts:
    """Those that are full are told in how it went: that is no fault as long as they refuse nothing."""
    facts = seen_in(names, partial(_quotas_of, cluster))
    full = [
        f"{quota.name} in {quota.namespace} is full: {quota.resource} {quota.used} of {quota.hard}"
        for quota in facts.quotas
        if quota.full
    ]
    went = next(iter(facts.probes), ProbeFact("", "ok"))
    return replace(facts, probes=(replace(went, detail="; ".join(filter(None, [went.detail, *full]))),))


def _quotas_of(cluster: Cluster, namespace: str) -> Facts:
    return Facts(quotas=tuple(fact for item in cluster.list("v1", "ResourceQuota", namespace) for fact in _quota(item)))


def read_workloads(cluster: Cluster, deployment: DeploymentFact) -> Facts:
    """Deployments and StatefulSets of ours in the control plane's namespace."""
    selector = f"{_INSTANCE}{deployment.name}"
    return Facts(
        workloads=tuple(
            _workload(item)
            for kind in ("Deployment", "StatefulSet")
            for item in cluster.list("apps/v1", kind, deployment.control, label_selector=selector)
        )
    )


def read_missing(cluster: Cluster, deployment: DeploymentFact) -> Facts:
    """What the record of the last landing names and the cluster has not got: a list for each kind and namespace.

    Nothing is said of those that we may not list.
    """
    recorded = inventory.read(cluster, deployment.control)
    # A Job that is done may go.
    wanted = sorted(entry for entry in recorded if entry.kind != "Job")
    there: dict[tuple[str, str], set[str] | None] = {}
    for version, kind, namespace in dict.fromkeys((entry.api_version, entry.kind, entry.namespace) for entry in wanted):
        items = unless_forbidden(partial(cluster.list, version, kind, namespace or None))
        there[kind, namespace] = None if items is None else {item["metadata"]["name"] for item in items}
    closed = dict.fromkeys(
        namespace
        for (kind, namespace), names in there.items()
        if names is None and namespace and kind not in _NOT_IN_VIEW
    )
    return Facts(
        missing=tuple(
            MissingFact(entry.kind, entry.namespace, entry.name)
            for entry in wanted
            if (names := there[entry.kind, entry.namespace]) is not None and entry.name not in names
        ),
        probes=all_but(closed),
    )


def read_access(cluster: Cluster, deployment: DeploymentFact) -> Facts:
    """Asks the API server whether each component may do what it needs; nobody needs rights where tasks have no pods.

    Where we may not ask, nothing is said.
    """
    if not deployment.task_pods:
        return Facts()
    return unless_forbidden(lambda: _rights(cluster, deployment)) or Facts()


def _rights(cluster: Cluster, deployment: DeploymentFact) -> Facts:
    asked = ((namespace, needed) for namespace in deployment.of_tasks for needed in _NEEDED_RIGHTS)
    return Facts(access=tuple(_access(cluster, deployment.control, namespace, *needed) for namespace, needed in asked))


def read_dns(cluster: Cluster) -> Facts:
    """The Service that has the name kube-dns in every cluster; nothing where we may not read it."""
    return unless_forbidden(lambda: _dns(cluster)) or Facts()


def _dns(cluster: Cluster) -> Facts:
    service = cluster.get("v1", "Service", "kube-dns", "kube-system")
    selector = "kubernetes.io/service-name=kube-dns"
    slices = cluster.list("discovery.k8s.io/v1", "EndpointSlice", "kube-system", label_selector=selector)
    endpoints = [entry for item in slices for entry in item.get("endpoints") or []]
    ready = [entry for entry in endpoints if (entry.get("conditions") or {}).get("ready") is not False]
    return Facts(dns=DnsFact(service is not None, len(ready)))


def _phase(item: Mapping[str, Any] | None) -> str:
    return str((item.get("status") or {}).get("phase", "Active")) if item else ""


def is_ending(item: Mapping[str, Any]) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def stuck(kind: str, item: Mapping[str, Any]) -> StuckFact:
    """Of one that is ending."""
    metadata = item["metadata"]
    held = [*(metadata.get("finalizers") or []), *((item.get("spec") or {}).get("finalizers") or [])]
    seconds = age(metadata["deletionTimestamp"])
    component = (metadata.get("labels") or {}).get(_COMPONENT, "")
    return StuckFact(kind, metadata.get("namespace", ""), metadata["name"], round(seconds, 1), tuple(held), component)


def _quota(item: Mapping[str, Any]) -> Iterable[QuotaFact]:
    status = item.get("status") or {}
    used = status.get("used") or {}
    for resource, hard in (status.get("hard") or {}).items():
        now = used.get(resource, "0")
        fact = QuotaFact(item["metadata"]["namespace"], item["metadata"]["name"], resource, now, hard, full=False)
        yield replace(fact, full=fact.stops_pods and quantity(now) >= quantity(hard))


def _workload(item: Mapping[str, Any]) -> WorkloadFact:
    metadata = item["metadata"]
    return WorkloadFact(
        kind=item["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=(metadata.get("labels") or {}).get(_COMPONENT, ""),
        wanted=item["spec"].get("replicas", 1),
        ready=(item.get("status") or {}).get("readyReplicas", 0),
    )


def _access(cluster: Cluster, control: str, namespace: str, component: str, verb: str, resource: str) -> AccessFact:
    found = review_access(cluster, control, component, verb, resource, namespace)
    return AccessFact(component, verb, resource, namespace, found.allowed, found.reason)
