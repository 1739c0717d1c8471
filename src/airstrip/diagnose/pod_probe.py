"""Reads pods, and the last log lines of those that are not well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from airstrip.diagnose.facts import ContainerFact, Facts, PodFact
from airstrip.diagnose.namespace_probe import is_ending, stuck
from airstrip.kube import Cluster, last_words
from airstrip.times import age

COMPONENT = "app.kubernetes.io/component"
_LOG_LINES = 30
_LOGS = 12
_RECENT = 60.0
"""Seconds."""


def read_pods(cluster: Cluster, namespaces: Iterable[str]) -> Facts:
    """Those that are about to end only by how long they have been."""
    items = [item for name in namespaces for item in cluster.list("v1", "Pod", name)]
    return Facts(
        pods=tuple(_pod(item) for item in items if not is_ending(item)),
        stuck=tuple(stuck("Pod", item) for item in items if is_ending(item)),
    )


def read_logs(cluster: Cluster, known: Facts) -> Facts:
    """The pods that are known, with their logs."""
    return Facts(pods=tuple(_with_logs(cluster, known.pods)))


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
    """A life that ended long ago says nothing of a container that is ready now."""
    if container.state == "terminated":
        return container.exit_code != 0
    if container.ready:
        return container.last_ended is not None and container.last_ended < _RECENT
    return container.restarts > 0 or container.state == "running"


def _pod(item: Mapping[str, Any]) -> PodFact:
    metadata, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    owner = next(iter(metadata.get("ownerReferences") or []), None)
    volumes = spec.get("volumes") or []
    return PodFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        component=(metadata.get("labels") or {}).get(COMPONENT, ""),
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
