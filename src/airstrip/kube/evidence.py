"""What is known of pods that do not become ready: for the end of a wait that failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from airstrip.errors import KubernetesError
from airstrip.kube.cluster import Cluster
from airstrip.kube.logs import last_words
from airstrip.kube.objects import Object
from airstrip.kube.troubles import MOUNT_REASONS, Trouble, pod_troubles
from airstrip.redaction import without_credentials

_EVENTS = 6
_CONTAINERS = 3


def troubles_of(pods: Iterable[Object]) -> tuple[Trouble, ...]:
    """All troubles of some pods, the hopeless ones first."""
    found = [trouble for pod in pods for trouble in pod_troubles(pod)]
    return tuple(sorted(found, key=lambda trouble: not trouble.hopeless))


def mount_troubles(pods: Sequence[Object], events: Iterable[Object]) -> tuple[Trouble, ...]:
    """Volumes that pods wait for: only events tell of them."""
    waiting = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in pods if not _started(pod)}
    latest = {}
    for event in events:
        uid = (event.get("involvedObject") or {}).get("uid")
        if event.get("reason") in MOUNT_REASONS and uid in waiting:
            latest[uid] = Trouble("volume.not-mounted", waiting[uid], "", event["reason"], event.get("message", ""))
    return tuple(latest.values())


def gather(
    cluster: Cluster, namespace: str, pods: Sequence[Object], owners: Iterable[str]
) -> tuple[list[Trouble], str]:
    """(troubles, text): the pods' states, the last warnings about them and their owners, the last log lines.

    A cluster that no longer answers gives what could be read until then. The text is without what has the form of a
    secret.
    """
    troubles = list(troubles_of(pods))
    parts = [_state_line(pod) for pod in pods]
    try:
        events = cluster.events(namespace)
        troubles += mount_troubles(pods, events)
        # Where there are pods, that they could not be made is past.
        events = [event for event in events if not (pods and event.get("reason") == "FailedCreate")]
        names = {*owners, *(pod["metadata"]["name"] for pod in pods)}
        parts += _warnings(events, names)
        for pod, container in _not_ready(pods)[:_CONTAINERS]:
            lines = last_words(cluster, pod, namespace, container=container)
            if lines:
                parts += [f"--- last log lines of {pod}/{container}", *lines]
    except KubernetesError as error:
        parts.append(error.message)
    return troubles, without_credentials("\n".join(parts))


def _warnings(events: Iterable[Object], names: set[str]) -> list[str]:
    lines: dict[str, None] = {}
    for event in events:
        about = (event.get("involvedObject") or {}).get("name")
        if event.get("type") == "Warning" and about in names:
            line = f"{about}: {event.get('reason')}: {event.get('message', '').strip()}"
            lines.pop(line, None)
            lines[line] = None
    return list(lines)[-_EVENTS:]


def _state_line(pod: Object) -> str:
    """ "web-1: Running, web: CrashLoopBackOff, 3 restarts"."""
    status = pod.get("status") or {}
    parts = [f"{pod['metadata']['name']}: {status.get('phase', 'Unknown')}"]
    for container in _statuses(status):
        state: dict[str, Any] = container.get("state") or {}
        words = next(iter(state), "unknown")
        if words != "running":
            words = state.get(words, {}).get("reason", words)
        elif not container.get("ready"):
            words = "running, not ready"
        restarts = container.get("restartCount", 0)
        parts.append(f"{container['name']} {words}" + (f" ({restarts} restarts)" if restarts else ""))
    return ", ".join(parts)


def _not_ready(pods: Iterable[Object]) -> list[tuple[str, str]]:
    """(pod, container) of containers that failed, then of those that run but are not ready."""
    found = []
    for pod in pods:
        for container in _statuses(pod.get("status") or {}):
            state = container.get("state") or {}
            ended_well = (state.get("terminated") or {}).get("exitCode") == 0
            if not container.get("ready") and not ended_well:
                failed = "terminated" in state or container.get("restartCount", 0) > 0
                found.append((not failed, pod["metadata"]["name"], container["name"]))
    return [(pod, container) for _, pod, container in sorted(found)]


def _statuses(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _started(pod: Object) -> bool:
    return any("waiting" not in (entry.get("state") or {}) for entry in _statuses(pod.get("status") or {}))
