"""Reads pods, and the last log lines of those that are not well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airstrip.diagnose.facts import ContainerFact, Facts, PodFact
from airstrip.diagnose.labels import INSTANCE
from airstrip.diagnose.namespace_probe import is_ending, stuck
from airstrip.diagnose.readable import all_but, in_each
from airstrip.kube import Cluster, last_words
from airstrip.times import age

_COMPONENT = "app.kubernetes.io/component"
_LOG_LINES = 30
_LOGS = 12
_RECENT = 60.0
"""Seconds."""

_Logs = Mapping[tuple[str, str, str], Sequence[str]]
"""Lines by namespace, pod and container."""


def component_of(metadata: Mapping[str, Any], deployment: str) -> str:
    """Empty of what is not this deployment's: charts and other Airflows label theirs too."""
    labels = metadata.get("labels") or {}
    return str(labels.get(_COMPONENT, "")) if labels.get(INSTANCE) == deployment else ""


def read_pods(cluster: Cluster, namespace: str, *, deployment: str) -> Facts:
    """Those that are about to end only by how long they have been. `deployment` is the name of ours."""
    items = cluster.list("v1", "Pod", namespace)
    return Facts(
        pods=tuple(_pod(item, deployment) for item in items if not is_ending(item)),
        stuck=tuple(stuck("Pod", item) for item in items if is_ending(item)),
    )


def read_logs(cluster: Cluster, known: Facts) -> Facts:
    """The pods that are known, with log lines of containers that failed or are not ready: of a dozen at most."""
    unwell = [(pod, container.name) for pod, container in known.containers() if _unwell(container)][:_LOGS]

    def read(namespace: str) -> _Logs:
        here = ((pod.name, name) for pod, name in unwell if pod.namespace == namespace)
        return {
            (namespace, pod, name): last_words(cluster, pod, namespace, container=name, tail=_LOG_LINES)
            for pod, name in here
        }

    found, forbidden = in_each(dict.fromkeys(pod.namespace for pod, _ in unwell), read)
    logs = dict(item for each in found for item in each.items())
    return Facts(pods=tuple(_with_logs(pod, logs) for pod in known.pods), probes=all_but(forbidden))


def _with_logs(pod: PodFact, logs: _Logs) -> PodFact:
    containers = (
        replace(container, log=tuple(logs.get((pod.namespace, pod.name, container.name), ())))
        for container in pod.containers
    )
    return replace(pod, containers=tuple(containers))


def _unwell(container: ContainerFact) -> bool:
    """A life that ended long ago says nothing of a container that is ready now."""
    if container.state == "terminated":
        return container.exit_code != 0
    if container.ready:
        return container.last_ended is not None and container.last_ended < _RECENT
    return container.restarts > 0 or container.state == "running"


def _pod(item: Mapping[str, Any], deployment: str) -> PodFact:
    metadata, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    owner = next(iter(metadata.get("ownerReferences") or []), None)
    volumes = spec.get("volumes") or []
    return PodFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=component_of(metadata, deployment),
        owner=f"{owner['kind']}/{owner['name']}" if owner else "",
        phase=status.get("phase", "Unknown"),
        age=age(metadata["creationTimestamp"]),
        node=spec.get("nodeName", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        unschedulable=_unschedulable(status),
        unready=_unready(status),
        uid=metadata.get("uid", ""),
        claims=tuple(
            entry["persistentVolumeClaim"]["claimName"] for entry in volumes if "persistentVolumeClaim" in entry
        ),
        containers=(
            *(_container(entry, init=True) for entry in status.get("initContainerStatuses") or []),
            *(_container(entry) for entry in status.get("containerStatuses") or []),
        ),
    )


def _container(status: Mapping[str, Any], *, init: bool = False) -> ContainerFact:
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
        init=init,
        last_message=last.get("message", ""),
        last_ended=age(last["finishedAt"]) if last.get("finishedAt") else None,
    )


def _unready(status: Mapping[str, Any]) -> float:
    for condition in status.get("conditions") or []:
        if condition["type"] == "Ready" and condition["status"] != "True" and condition.get("lastTransitionTime"):
            return age(condition["lastTransitionTime"])
    return 0.0


def _unschedulable(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message", ""))
    return ""
