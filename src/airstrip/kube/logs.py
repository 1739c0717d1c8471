"""Pods' logs: the last lines, or all of them as they come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping

from airstrip.errors import KubernetesError
from airstrip.kube.cluster import Cluster
from airstrip.kube.resources import Resource
from airstrip.kube.transport import may_pass, split_lines
from airstrip.redaction import lines_without_credentials

_POD = Resource("v1", "Pod", "pods", True)
_STARTING_POLL = 1.0
_AWAY_SECONDS = 30.0
_LINES = 1000
_MOST_BYTES = 1 << 20
LEFT_OUT = "(the lines before these are left out: they are too long)"
"""A line that no container wrote."""


def pod_logs(
    cluster: Cluster,
    pod: str,
    namespace: str,
    *,
    container: str,
    follow: bool = False,
    tail: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[str]:
    """A container's log lines; with `follow`, as they come until the container ends, or until `stop`."""
    if follow:
        return follow_pod_log(cluster, pod, namespace, container=container, tail=tail, stop=stop)
    return split_lines([_read(cluster, pod, namespace, _query(container, tail))])


def pod_log(
    cluster: Cluster,
    pod: str,
    namespace: str,
    *,
    container: str,
    tail: int = _LINES,
    most: int = _MOST_BYTES,
    previous: bool = False,
    since: int | None = None,
) -> list[str]:
    """A container's last `tail` lines, to be explained; empty where it has not started or its log is gone.

    Where they are more than `most` bytes, the last of them, with LEFT_OUT before these. `previous` reads the life
    before the last restart; with `since`, only what was logged in so many seconds.
    """
    query = {"limitBytes": str(most), **({"previous": "true"} if previous else {})}
    query |= {"sinceSeconds": str(since)} if since else {}
    # The kubelet counts bytes from the first of the lines: of fewer lines, it comes to the last.
    for count in dict.fromkeys((tail, max(1, tail // 10), 1)):
        text = _read(cluster, pod, namespace, _query(container, count) | query)
        if is_whole := len(text.encode()) < most:
            break
    return [*([] if is_whole and count == tail else [LEFT_OUT]), *split_lines([text])]


def _read(cluster: Cluster, pod: str, namespace: str, query: Mapping[str, str]) -> str:
    action = f"read the log of {pod}/{query['container']}"
    try:
        return cluster.transport.request("GET", _POD.path(namespace, pod, "log"), action, query=query).text
    except KubernetesError as error:
        # 400: the container waits to start, or it had no earlier life.
        if error.status in (400, 404):
            return ""
        raise


def last_words(cluster: Cluster, pod: str, namespace: str, *, container: str, tail: int = 20) -> list[str]:
    """What a container that fails said last: of its present life, or of the one before where that is silent.

    For errors and reports, which people pass on: what has the form of a secret is struck out.
    """
    lines = pod_log(cluster, pod, namespace, container=container, tail=tail) or pod_log(
        cluster, pod, namespace, container=container, tail=tail, previous=True
    )
    return lines_without_credentials(lines)


def follow_pod_log(
    cluster: Cluster,
    pod: str,
    namespace: str,
    *,
    container: str,
    tail: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[str]:
    """Lines as they come, until the container ends or its pod is gone. Waits for a container that starts.

    A broken connection is taken up again where it broke; raises what breaks it after half a minute without the API
    server. Another thread ends it with `stop`, which a silent log sees within half a minute.
    """
    stop = stop or threading.Event()
    patience = _Patience()
    path = _POD.path(namespace, pod, "log")
    action = f"follow the log of {pod}/{container}"
    query = {**_query(container, tail), "follow": "true", "timestamps": "true"}
    last = ""
    while not stop.is_set():
        resumed = last
        try:
            with cluster.transport.stream(path, action, query) as lines:
                patience.renew()
                for stamped in lines:
                    stamp, _, line = stamped.partition(" ")
                    if stamp > resumed:
                        last = stamp
                        yield line
            if not _goes_on(cluster, pod, namespace, container):
                return
        except KubernetesError as error:
            if error.status != 404:
                patience.bear(error)
            # A kubelet that has not heard of the pod yet says so too.
            elif not _goes_on(cluster, pod, namespace, container):
                return
        if last:
            query = {**_query(container, None), "follow": "true", "timestamps": "true", "sinceTime": last}
        stop.wait(_STARTING_POLL)


class _Patience:
    """With an API server that is away: it may be restarted, or gone for good."""

    def __init__(self) -> None:
        self._ends: float | None = None

    def renew(self) -> None:
        self._ends = None

    def bear(self, error: KubernetesError) -> None:
        """Raises what does not pass, or did not in time."""
        now = time.monotonic()
        if error.status == 400:
            # The container waits to start.
            self.renew()
        elif not may_pass(error) or now >= (self._ends or now + 1):
            raise error
        else:
            self._ends = self._ends or now + _AWAY_SECONDS


def _goes_on(cluster: Cluster, pod: str, namespace: str, container: str) -> bool:
    """After a log's end: the container has not started (the API answers with an empty log), or still runs."""
    found = cluster.get("v1", "Pod", pod, namespace)
    if found is None or found["status"].get("phase") in ("Succeeded", "Failed"):
        return False
    status = found["status"]
    for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        if entry["name"] == container:
            return "running" in entry["state"] or ("waiting" in entry["state"] and entry["restartCount"] == 0)
    return True


def _query(container: str, tail: int | None) -> dict[str, str]:
    query = {"container": container}
    return query if tail is None else {**query, "tailLines": str(tail)}
