"""Probes of a cluster: a handful of lists, side by side once it has answered at all."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airstrip import times
from airstrip.diagnose import namespace_probe
from airstrip.diagnose.facts import ClaimFact, DeploymentFact, EventFact, Facts, JobFact, NodeFact
from airstrip.diagnose.pod_probe import component_of, read_logs, read_pods
from airstrip.diagnose.probes import Probe
from airstrip.diagnose.readable import seen_in
from airstrip.kube import Cluster, unless_forbidden

KUBERNETES = "kubernetes"
"""The probe that every other one of the cluster needs: does it answer at all?"""

_ANSWER_SECONDS = 4.0
_PRESSURES = ("DiskPressure", "MemoryPressure", "PIDPressure")
_LEASES = "kube-node-lease"
ROUTINE = ("Scheduled", "Pulling", "Pulled", "Created")
"""Reasons of events that no rule reads: each of the thousands of pods that an hour's tasks had has all of them."""


def cluster_probes(connected: Callable[[], Cluster], deployment: DeploymentFact) -> list[Probe]:
    """`connected` raises KubernetesError where the cluster does not answer."""

    def probe(name: str, look: Callable[[Cluster], Facts]) -> Probe:
        return Probe(name, lambda _: look(connected()), (KUBERNETES,))

    def of_each(name: str, read: Callable[[Cluster, str], Facts]) -> Probe:
        return probe(name, lambda cluster: seen_in(deployment.namespaces, partial(read, cluster)))

    return [
        Probe(KUBERNETES, lambda _: _answer(connected()), deadline=_ANSWER_SECONDS),
        probe("nodes", _nodes),
        of_each("namespaces", namespace_probe.read_namespace),
        of_each("pods", partial(read_pods, deployment=deployment.name)),
        Probe("logs", lambda known: read_logs(connected(), known), (KUBERNETES, "pods")),
        of_each("jobs", partial(_jobs, deployment=deployment.name)),
        of_each("storage", partial(_claims, deployment=deployment.name)),
        of_each("events", _events),
        probe("quotas", lambda cluster: namespace_probe.read_quotas(cluster, deployment.namespaces)),
        probe("components", lambda cluster: namespace_probe.read_workloads(cluster, deployment)),
        probe("landed objects", lambda cluster: namespace_probe.read_missing(cluster, deployment)),
        probe("rights", lambda cluster: namespace_probe.read_access(cluster, deployment)),
        probe("DNS", namespace_probe.read_dns),
    ]


def _answer(cluster: Cluster) -> Facts:
    ahead = cluster.server_clock() - times.now()
    return Facts(clock=round(ahead.total_seconds(), 1))


def _jobs(cluster: Cluster, namespace: str, *, deployment: str) -> Facts:
    return Facts(jobs=tuple(_job(item, deployment) for item in cluster.list("batch/v1", "Job", namespace)))


def _claims(cluster: Cluster, namespace: str, *, deployment: str) -> Facts:
    items = cluster.list("v1", "PersistentVolumeClaim", namespace)
    return Facts(claims=tuple(_claim(item, deployment) for item in items))


def _events(cluster: Cluster, namespace: str) -> Facts:
    """Without those of ReplicaSets that have all the pods that they want, or are gone: that they could not make them
    is past."""
    events = tuple(map(_event, cluster.events(namespace, without=ROUTINE)))
    if not any(event.about.startswith("ReplicaSet/") for event in events):
        return Facts(events=events)
    sets = cluster.list("apps/v1", "ReplicaSet", namespace)
    wanting = {
        item["metadata"]["uid"]
        for item in sets
        if item["spec"].get("replicas", 1) > (item.get("status") or {}).get("replicas", 0)
    }
    return Facts(
        events=tuple(event for event in events if not event.about.startswith("ReplicaSet/") or event.uid in wanting)
    )


def _nodes(cluster: Cluster) -> Facts:
    """None where we may not read them."""
    items = unless_forbidden(lambda: cluster.list("v1", "Node")) or []
    if not items:
        return Facts()
    now = cluster.server_clock()
    kept = unless_forbidden(lambda: cluster.list("coordination.k8s.io/v1", "Lease", _LEASES)) or []
    leases = {item["metadata"]["name"]: item["spec"] for item in kept}
    return Facts(nodes=tuple(_node(item, _ahead(leases.get(item["metadata"]["name"]), now)) for item in items))


def _ahead(lease: Mapping[str, Any] | None, now: datetime.datetime) -> float:
    """Seconds that a node renewed its lease in the future: an old one may as well be of a node that is gone."""
    if not lease or not lease.get("renewTime"):
        return 0.0
    return max(0.0, round(-times.age(lease["renewTime"], now), 1))


def _event(item: Mapping[str, Any]) -> EventFact:
    about = item.get("involvedObject") or {}
    return EventFact(
        namespace=item["metadata"]["namespace"],
        about=f"{about.get('kind')}/{about.get('name')}",
        reason=item.get("reason") or "",
        message=(item.get("message") or "").strip(),
        warning=item.get("type") == "Warning",
        count=(item.get("series") or {}).get("count") or item.get("count") or 1,
        last_seen=item.get("lastTimestamp") or item.get("eventTime") or "",
        uid=about.get("uid") or "",
    )


def _job(item: Mapping[str, Any], deployment: str) -> JobFact:
    metadata = item["metadata"]
    conditions = (item.get("status") or {}).get("conditions") or []
    holds = {entry["type"]: entry for entry in conditions if entry["status"] == "True"}
    return JobFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=component_of(metadata, deployment),
        complete="Complete" in holds,
        failed="Failed" in holds,
        message=holds.get("Failed", {}).get("message", ""),
    )


def _claim(item: Mapping[str, Any], deployment: str) -> ClaimFact:
    return ClaimFact(
        namespace=item["metadata"]["namespace"],
        name=item["metadata"]["name"],
        phase=(item.get("status") or {}).get("phase", "Pending"),
        volume=item["spec"].get("volumeName", ""),
        storage_class=item["spec"].get("storageClassName") or "",
        component=component_of(item["metadata"], deployment),
    )


def _node(item: Mapping[str, Any], clock: float) -> NodeFact:
    conditions = {entry["type"]: entry for entry in (item.get("status") or {}).get("conditions") or []}
    ready = conditions.get("Ready") or {}
    return NodeFact(
        name=item["metadata"]["name"],
        ready=ready.get("status") == "True",
        message=ready.get("message", ""),
        pressures=tuple(name for name in _PRESSURES if conditions.get(name, {}).get("status") == "True"),
        lost=ready.get("status") == "Unknown",
        clock=clock,
        architecture=((item.get("status") or {}).get("nodeInfo") or {}).get("architecture", ""),
    )
