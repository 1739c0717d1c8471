"""A pod that a Job makes for one of our programs, and what that is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from airstrip.errors import KubernetesError, WaitTimeout
from airstrip.kube import Cluster, pod_troubles

_POLL_SECONDS = 0.2
START_SECONDS = 60.0
_REFUSED_SECONDS = 2.0
"""Within which a Job has its pod, or an event says why not."""


class Joined:
    """A header, then a file."""

    def __init__(self, header: bytes, file: IO[bytes]) -> None:
        self._header = header
        self._file = file

    def read(self, size: int, /) -> bytes:
        header, self._header = self._header, b""
        return header or self._file.read(size)


@contextmanager
def running_pod(
    cluster: Cluster, job: Mapping[str, Any], say: Callable[[str], None], timeout: float = START_SECONDS
) -> Iterator[str]:
    """The name of the pod, which runs; it is gone at the end, and by itself should we be.

    Raises WaitTimeout where it does not run within `timeout` seconds, of which START_SECONDS are the most.
    """
    made = cluster.create(job)
    name, namespace = made["metadata"]["name"], made["metadata"]["namespace"]
    try:
        yield _await_pod(cluster, name, namespace, say, min(timeout, START_SECONDS))
    finally:
        cluster.delete("batch/v1", "Job", name, namespace)


def _await_pod(cluster: Cluster, job: str, namespace: str, say: Callable[[str], None], timeout: float) -> str:
    begun = time.monotonic()
    while True:
        pods = cluster.list("v1", "Pod", namespace, label_selector=f"batch.kubernetes.io/job-name={job}")
        for pod in pods:
            if _is_running(pod):
                return str(pod["metadata"]["name"])
        waited = time.monotonic() - begun
        troubles = [trouble for pod in pods for trouble in pod_troubles(pod)]
        refused = [] if pods or waited < _REFUSED_SECONDS else _refusals(cluster, job, namespace)
        if refused or waited > timeout or any(trouble.hopeless for trouble in troubles):
            raise WaitTimeout(
                "dags.no-check-pod",
                f"the pod for DAG files does not start in {namespace}",
                cause="; ".join([*map(str, troubles), *refused]) or "Nothing says why.",
                fix="Run: ./airstrip doctor",
            )
        say("waiting for a pod")
        time.sleep(_POLL_SECONDS)


def _is_running(pod: Mapping[str, Any]) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(statuses) and all("running" in (entry.get("state") or {}) for entry in statuses)


def _refusals(cluster: Cluster, job: str, namespace: str) -> list[str]:
    """Why the Job was not allowed its pod: a quota, for one."""
    try:
        events = cluster.list("v1", "Event", namespace, field_selector=f"involvedObject.name={job},reason=FailedCreate")
    except KubernetesError:
        return []
    return [str(event.get("message", "")) for event in events]
