"""What keeps a pod from running, read from its own status: pure, and shared with the rules of diagnosis."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airstrip import times

IMAGE_REASONS = frozenset({"ErrImageNeverPull", "InvalidImageName", "ErrImagePull", "ImagePullBackOff"})
CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
CRASH_REASONS = frozenset({"CrashLoopBackOff"})
MOUNT_REASONS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
"""Of events."""
HOPELESS_RESTARTS = 3
_NO_PULL = frozenset({"ErrImageNeverPull", "InvalidImageName"})
_NOT_THERE = ("not found", "manifest unknown", "does not exist", "no such host", "unauthorized", "denied")
_CONFIG_PATIENCE = 30.0
_SHORT_LIFE = 300.0
"""Seconds: who ends sooner than that has not worked. Restarts of a pod are counted over its whole life."""
_LOADED = "localhost/"
"""How the names of images begin that are loaded into a node and are in no registry: one of this machine has a port."""
_REGISTRY_PATIENCE = 60.0
"""Seconds for a registry that does not answer: about three attempts of the kubelet's."""


@dataclass(frozen=True)
class Trouble:
    """One reason why a pod, or one of its containers, does not run.

    `code` is one of diagnosis's; `container` is empty where the pod as a whole is meant. `hopeless`:
    waiting longer does not help.
    """

    code: str
    pod: str
    container: str
    reason: str
    message: str
    restarts: int = 0
    hopeless: bool = False

    def __str__(self) -> str:
        where = f"{self.pod}/{self.container}" if self.container else self.pod
        restarts = f" after {self.restarts} restarts" if self.restarts else ""
        return f"{where}: {self.reason}{restarts}" + (f": {self.message}" if self.message else "")


def pod_troubles(pod: Mapping[str, Any], now: datetime.datetime | None = None) -> tuple[Trouble, ...]:
    """A pod's troubles, the hopeless ones first; none for a pod that runs, ended well or just starts."""
    if pod["metadata"].get("deletionTimestamp"):
        return ()
    age = _age(pod, now or times.now())
    found = [*_unscheduled(pod), *_evicted(pod)]
    status = pod.get("status") or {}
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(key) or []:
            found += _container_troubles(pod["metadata"]["name"], container, age)
    return tuple(sorted(found, key=lambda trouble: not trouble.hopeless))


def image_is_missing(reason: str, message: str) -> bool:
    """Whether an image's reason is final, rather than a registry that may answer again."""
    return reason in _NO_PULL or (reason in IMAGE_REASONS and any(text in message.lower() for text in _NOT_THERE))


def _unscheduled(pod: Mapping[str, Any]) -> Iterator[Trouble]:
    for condition in (pod.get("status") or {}).get("conditions") or []:
        unschedulable = condition.get("reason") == "Unschedulable" and condition.get("status") == "False"
        if condition.get("type") == "PodScheduled" and unschedulable:
            message = condition.get("message", "")
            yield Trouble("pod.unschedulable", pod["metadata"]["name"], "", "Unschedulable", message)


def _evicted(pod: Mapping[str, Any]) -> Iterator[Trouble]:
    status = pod.get("status") or {}
    if status.get("phase") == "Failed" and status.get("reason") == "Evicted":
        yield Trouble("pod.evicted", pod["metadata"]["name"], "", "Evicted", status.get("message", ""))


def _container_troubles(pod: str, container: Mapping[str, Any], age: float) -> Iterator[Trouble]:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    restarts = container.get("restartCount", 0)
    name = container["name"]
    if reason in IMAGE_REASONS:
        is_loaded = container.get("image", "").startswith(_LOADED)
        hopeless = is_loaded or image_is_missing(reason, message) or age > _REGISTRY_PATIENCE
        yield Trouble("image.missing", pod, name, reason, message, hopeless=hopeless)
    elif reason in CRASH_REASONS or _just_crashed(container):
        reason, ended = "CrashLoopBackOff", _last_end(container)
        hopeless = restarts >= HOPELESS_RESTARTS and _died_young(container)
        yield Trouble("pod.crash-loop", pod, name, reason, ended, restarts, hopeless)
    elif reason in CONFIG_REASONS:
        yield Trouble("pod.config-error", pod, name, reason, message, hopeless=age > _CONFIG_PATIENCE)


def _just_crashed(container: Mapping[str, Any]) -> bool:
    """Ended once more, and the kubelet has not yet said that it will wait before the next restart."""
    ended = (container.get("state") or {}).get("terminated") or {}
    crashed = container.get("restartCount", 0) >= HOPELESS_RESTARTS and ended.get("exitCode", 0) != 0
    return bool(crashed and _died_young(container))


def _died_young(container: Mapping[str, Any]) -> bool:
    """Of itself, soon after its start: not with its node, of which the kubelet says Unknown."""
    ended = _last_terminated(container)
    if ended.get("reason") == "Unknown":
        return False
    if not (ended.get("startedAt") and ended.get("finishedAt")):
        return True
    return times.age(ended["startedAt"], times.moment(ended["finishedAt"])) < _SHORT_LIFE


def _last_terminated(container: Mapping[str, Any]) -> Mapping[str, Any]:
    now, before = (container.get(key) or {} for key in ("state", "lastState"))
    return now.get("terminated") or before.get("terminated") or {}


def _last_end(container: Mapping[str, Any]) -> str:
    """How the container's last life ended: "exit code 1", "OOMKilled (exit code 137)"."""
    ended = _last_terminated(container)
    code = f"exit code {ended.get('exitCode', '?')}"
    reason = ended.get("reason", "Error")
    return code if reason in ("Error", "Completed") else f"{reason} ({code})"


def _age(pod: Mapping[str, Any], now: datetime.datetime) -> float:
    created = pod["metadata"].get("creationTimestamp")
    return times.age(created, now) if created else 0.0
