"""Collects `Facts` from a cluster: a handful of lists, and the last log lines of what is not well."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from airstrip.diagnose.facts import ClaimFact, ContainerFact, EventFact, Facts, JobFact, NodeFact, PodFact
from airstrip.diagnose.probes import Probe, run_probes
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster, last_words

_COMPONENT = "app.kubernetes.io/component"
_LOG_LINES = 30
_LOGS = 12
_PRESSURES = ("DiskPressure", "MemoryPressure", "PIDPressure")


KUBERNETES = "kubernetes"
"""The probe that every other one of the cluster needs: does it answer at all?"""


def collect_facts(cluster: Cluster, namespaces: Iterable[str]) -> Facts:
    """What the cluster alone tells, read once; changes nothing. `probes` says what could not be read."""
    return run_probes(cluster_probes(lambda: cluster, namespaces), Facts())


def cluster_probes(connected: Callable[[], Cluster], namespaces: Iterable[str]) -> list[Probe]:
    """`connected` raises KubernetesError where the cluster does not answer."""
    names = tuple(dict.fromkeys(namespaces))
    return [
        Probe(KUBERNETES, lambda _: _answer(connected())),
        Probe("nodes", lambda _: Facts(nodes=tuple(_nodes(connected()))), (KUBERNETES,)),
        Probe("pods", lambda _: _pods(connected(), names), (KUBERNETES,)),
        Probe("jobs", lambda _: _jobs(connected(), names), (KUBERNETES,)),
        Probe("storage", lambda _: _claims(connected(), names), (KUBERNETES,)),
        Probe("events", lambda _: _all_events(connected(), names), (KUBERNETES,)),
    ]


def _answer(cluster: Cluster) -> Facts:
    cluster.server_version()
    return Facts()


def _pods(cluster: Cluster, names: Iterable[str]) -> Facts:
    pods = [_pod(item) for name in names for item in cluster.list("v1", "Pod", name) if not _ending(item)]
    return Facts(pods=tuple(_with_logs(cluster, pods)))


def _jobs(cluster: Cluster, names: Iterable[str]) -> Facts:
    return Facts(jobs=tuple(_job(item) for name in names for item in cluster.list("batch/v1", "Job", name)))


def _claims(cluster: Cluster, names: Iterable[str]) -> Facts:
    kind = "PersistentVolumeClaim"
    return Facts(claims=tuple(_claim(item) for name in names for item in cluster.list("v1", kind, name)))


def _all_events(cluster: Cluster, names: Iterable[str]) -> Facts:
    return Facts(events=tuple(event for name in names for event in _events(cluster, name)))


def _events(cluster: Cluster, namespace: str) -> list[EventFact]:
    """Without those of ReplicaSets that want no pods any more: that they could not make them is past."""
    events = [_event(item) for item in cluster.events(namespace)]
    if not any(event.about.startswith("ReplicaSet/") for event in events):
        return events
    sets = cluster.list("apps/v1", "ReplicaSet", namespace)
    wanting = {f"ReplicaSet/{item['metadata']['name']}" for item in sets if item["spec"].get("replicas", 1)}
    return [event for event in events if not event.about.startswith("ReplicaSet/") or event.about in wanting]


def _nodes(cluster: Cluster) -> list[NodeFact]:
    try:
        return [_node(item) for item in cluster.list("v1", "Node")]
    except KubernetesError as error:
        if error.status == 403:
            return []
        raise


def _with_logs(cluster: Cluster, pods: Iterable[PodFact]) -> list[PodFact]:
    """Adds log lines to the containers that failed or are not ready, to a dozen at most."""
    left = _LOGS
    done = []
    for pod in pods:
        containers = []
        for container in pod.containers:
            if left and _unwell(container):
                left -= 1
                lines = last_words(cluster, pod.name, pod.namespace, container=container.name, tail=_LOG_LINES)
                container = replace(container, log=tuple(lines))
            containers.append(container)
        done.append(replace(pod, containers=tuple(containers)))
    return done


def _unwell(container: ContainerFact) -> bool:
    if container.state == "terminated":
        return container.exit_code != 0
    return container.restarts > 0 or (container.state == "running" and not container.ready)


def _pod(item: Mapping[str, Any]) -> PodFact:
    metadata, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    owner = next(iter(metadata.get("ownerReferences") or []), None)
    statuses = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    volumes = spec.get("volumes") or []
    return PodFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=(metadata.get("labels") or {}).get(_COMPONENT, ""),
        owner=f"{owner['kind']}/{owner['name']}" if owner else "",
        phase=status.get("phase", "Unknown"),
        age=_age(metadata["creationTimestamp"]),
        node=spec.get("nodeName", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        unschedulable=_unschedulable(status),
        claims=tuple(
            entry["persistentVolumeClaim"]["claimName"] for entry in volumes if "persistentVolumeClaim" in entry
        ),
        containers=tuple(_container(entry) for entry in statuses),
    )


def _container(status: Mapping[str, Any]) -> ContainerFact:
    state = status.get("state") or {}
    name = next(iter(state), "waiting")
    now = state.get(name) or {}
    last = (status.get("lastState") or {}).get("terminated") or {}
    return ContainerFact(
        name=status["name"],
        image=status.get("image", ""),
        state=name,
        reason=now.get("reason", ""),
        message=now.get("message", ""),
        exit_code=now.get("exitCode"),
        ready=bool(status.get("ready")),
        restarts=status.get("restartCount", 0),
        last_reason=last.get("reason", ""),
        last_exit_code=last.get("exitCode"),
    )


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
    )


def _job(item: Mapping[str, Any]) -> JobFact:
    metadata = item["metadata"]
    conditions = (item.get("status") or {}).get("conditions") or []
    holds = {entry["type"]: entry for entry in conditions if entry["status"] == "True"}
    return JobFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=(metadata.get("labels") or {}).get(_COMPONENT, ""),
        complete="Complete" in holds,
        failed="Failed" in holds,
        message=holds.get("Failed", {}).get("message", ""),
    )


def _claim(item: Mapping[str, Any]) -> ClaimFact:
    return ClaimFact(
        namespace=item["metadata"]["namespace"],
        name=item["metadata"]["name"],
        phase=(item.get("status") or {}).get("phase", "Pending"),
        volume=item["spec"].get("volumeName", ""),
        storage_class=item["spec"].get("storageClassName") or "",
    )


def _node(item: Mapping[str, Any]) -> NodeFact:
    conditions = {entry["type"]: entry for entry in (item.get("status") or {}).get("conditions") or []}
    ready = conditions.get("Ready") or {}
    return NodeFact(
        name=item["metadata"]["name"],
        ready=ready.get("status") == "True",
        message=ready.get("message", ""),
        pressures=tuple(name for name in _PRESSURES if conditions.get(name, {}).get("status") == "True"),
    )


def _unschedulable(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message", ""))
    return ""


def _ending(item: Mapping[str, Any]) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def _age(created: str) -> float:
    return (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(created)).total_seconds()
