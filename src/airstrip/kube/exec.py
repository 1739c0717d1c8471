"""A program run inside a pod that runs, with our bytes as its stdin: the exec API, over a WebSocket.

Of the protocol `v4.channel.k8s.io` each message begins with its channel. It has no end of stdin (v5 of Kubernetes
1.30 has): the program must know how much comes.
https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#-strong-misc-operations-pod-v1-core-strong-
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from airstrip.errors import KubernetesError, WaitTimeout
from airstrip.kube.cluster import Cluster
from airstrip.kube.resources import Resource
from airstrip.kube.websocket import Cut, WebSocket

_POD = Resource("v1", "Pod", "pods", True)
_STDIN, _STDOUT, _STDERR, _STATUS = b"\x00", 1, 2, 3
_CHUNK = 64 * 1024
_SILENT_SECONDS = 60.0
_LAST_WORDS = 4000


class Source(Protocol):
    """What gives bytes until it has no more."""

    def read(self, size: int, /) -> bytes: ...


def run_in_pod(
    cluster: Cluster,
    pod: str,
    namespace: str,
    *,
    container: str,
    argv: Sequence[str],
    stdin: Source,
    timeout: float,
) -> Iterator[str]:
    """The program's lines as they come; it is to say something once a minute.

    Raises KubernetesError with what it said on stderr where it fails, or the connection does; WaitTimeout after
    `timeout` seconds, or a minute's silence.
    """
    query = [("command", word) for word in argv] + [("container", container)]
    query += [(stream, "true") for stream in ("stdin", "stdout", "stderr")]
    path, action = _POD.path(namespace, pod, "exec"), f"run a program in the pod {pod}"
    try:
        with cluster.transport.websocket(path, action, query, "v4.channel.k8s.io") as socket:
            while chunk := stdin.read(_CHUNK):
                socket.send(_STDIN + chunk)
            yield from _lines(socket, pod, time.monotonic() + timeout)
    except Cut as error:
        raise _cut(pod, str(error)) from error


def _lines(socket: WebSocket, pod: str, deadline: float) -> Iterator[str]:
    rest, complaints = b"", b""
    while True:
        message = _receive(socket, pod, deadline)
        if message is None:
            raise _cut(pod, "the server closed it")
        channel, data = message[0], message[1:]
        if channel == _STDOUT:
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        elif channel == _STDERR:
            complaints = (complaints + data)[-_LAST_WORDS:]
        elif channel == _STATUS:
            _check(json.loads(data), pod, complaints.decode(errors="replace"))
            return


def _receive(socket: WebSocket, pod: str, deadline: float) -> bytes | None:
    """The next message that has something in it; None at the end."""
    message: bytes | None = b""
    while message == b"":
        try:
            message = socket.receive(min(_SILENT_SECONDS, deadline - time.monotonic()))
        except TimeoutError:
            raise WaitTimeout(
                "pod.no-answer",
                f"the program in the pod {pod} did not end in time",
                cause="It hangs, the node is very busy, or the connection broke without a word.",
                fix="Run this again; if it stays so, look at the node: ./airstrip doctor",
            ) from None
    return message


def _check(status: dict[str, object], pod: str, complaints: str) -> None:
    if status.get("status") != "Success":
        raise KubernetesError(
            "pod.program-failed",
            f"a program in the pod {pod} failed: {status.get('message') or status.get('reason')}",
            cause="What it said stands below.",
            fix="Run this again; if it stays so, report it with what stands below.",
            details=complaints.strip(),
        )


def _cut(pod: str, said: str) -> KubernetesError:
    return KubernetesError(
        "kubernetes.connection-cut",
        f"the connection to the pod {pod} was cut: {said}",
        cause="Its node went away, the pod was deleted or ran out of memory, or a proxy in between does not let "
        "WebSockets pass.",
        fix="Run this again; if it stays so, run: ./airstrip doctor",
    )
