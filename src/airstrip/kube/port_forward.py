"""A loopback port whose connections end at a port of a pod: the portforward API, over WebSockets.

Of the protocol `v4.channel.k8s.io` each message begins with its channel, 0 for data and 1 for what went wrong; the
first one of each is the port's number. An end of data in one way alone it cannot say: it ends the connection.
https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#-strong-proxy-operations-pod-v1-core-strong-
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from airstrip.errors import KubernetesError, UsageError
from airstrip.kube.cluster import Cluster
from airstrip.kube.objects import Object
from airstrip.kube.resources import Resource
from airstrip.kube.websocket import Cut, WebSocket

LOOPBACK = "127.0.0.1"
_POD = Resource("v1", "Pod", "pods", True)
_DATA, _TROUBLE = 0, 1
_CHUNK = 32 * 1024
_LOOK_SECONDS = 0.5
"""How long a connection that is silent does not see that the forward ends."""
_PART_SECONDS = 5.0
"""How long the rest of a message that has begun is waited for at a time."""
_END_SECONDS = 3.0
"""How long connections have to end of themselves. One that waits for the API server may take a minute: it is left."""

Tell = Callable[[KubernetesError], None]


@contextmanager
def forward(
    cluster: Cluster, namespace: str, selector: str, port: int, *, listen: int = 0, tell: Tell | None = None
) -> Iterator[int]:
    """The loopback port, as long as the context lasts: `listen`, or a free one.

    Each connection goes to `port` of a pod that is ready by then and has the labels of `selector`, so it outlives
    the pods. A connection that fails is closed, and `tell` hears why. Raises `port.taken` where `listen` is not free.
    """
    with _listener(listen) as listener:
        ended = threading.Event()
        door = _Door(cluster, namespace, selector, port, tell or (lambda _: None), ended)
        thread = threading.Thread(target=door.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join(_END_SECONDS)
            door.close(_END_SECONDS)


def _listener(port: int) -> socket.socket:
    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise UsageError(
            "port.taken",
            f"the port {port} of {LOOPBACK} cannot be had: {error.strerror}",
            cause="Another program listens there, or the port is one that only root may have.",
            fix="Name another port.",
        ) from error
    # Who has gone again by the time that it is accepted would be waited for.
    listener.setblocking(False)
    return listener


class _Door:
    """Takes connections, one thread for each."""

    def __init__(
        self, cluster: Cluster, namespace: str, selector: str, port: int, tell: Tell, ended: threading.Event
    ) -> None:
        self._cluster, self._namespace, self._selector, self._port = cluster, namespace, selector, port
        self._tell, self._ended = tell, ended
        self._callers: dict[threading.Thread, socket.socket] = {}

    def serve(self, listener: socket.socket) -> None:
        while not self._ended.is_set():
            if not select.select([listener], [], [], _LOOK_SECONDS)[0]:
                continue
            with suppress(BlockingIOError):
                caller, _ = listener.accept()
                thread = threading.Thread(target=self._take, args=(caller,), daemon=True)
                self._callers = {
                    **{each: its for each, its in self._callers.items() if each.is_alive()},
                    thread: caller,
                }
                thread.start()

    def close(self, seconds: float) -> None:
        """Of what has not ended by then the caller's side is cut, at the latest."""
        until = time.monotonic() + seconds
        for thread, caller in self._callers.items():
            thread.join(max(0.0, until - time.monotonic()))
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)

    def _take(self, caller: socket.socket) -> None:
        with caller:
            caller.setblocking(False)
            try:
                path = _POD.path(self._namespace, self._ready_pod(), "portforward")
                query = [("ports", str(self._port))]
                action = f"connect to port {self._port} of a pod in {self._namespace}"
                with self._cluster.transport.websocket(path, action, query, "v4.channel.k8s.io") as pod:
                    _relay(caller, pod, self._ended)
            except (Cut, OSError) as error:
                self._tell(_cut(self._namespace, str(error)))
            except KubernetesError as error:
                self._tell(error)
            except RuntimeError:
                # httpx's own, of a client that was closed meanwhile.
                if not self._ended.is_set():
                    raise

    def _ready_pod(self) -> str:
        for pod in self._cluster.list("v1", "Pod", self._namespace, label_selector=self._selector):
            if _is_ready(pod):
                return str(pod["metadata"]["name"])
        raise KubernetesError(
            "port-forward.no-pod",
            f"no pod in {self._namespace} with {self._selector} is ready",
            cause="It starts, it failed, or it was never made.",
            fix="Run: ./airstrip status",
        )


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _relay(caller: socket.socket, pod: WebSocket, ended: threading.Event) -> None:
    """Until either side has no more to say. One thread for both ways: an SSL object may be used by one only."""
    greeted: set[int] = set()
    while not ended.is_set():
        has_part = pod.has_part
        ready = select.select([caller.fileno(), pod.fileno()], [], [], 0 if has_part else _LOOK_SECONDS)[0]
        if caller.fileno() in ready:
            data = _received(caller)
            if data == b"":
                return
            if data:
                pod.send(bytes([_DATA]) + data)
        if has_part or pod.fileno() in ready:
            try:
                message = pod.receive(_PART_SECONDS)
            except TimeoutError:
                continue
            if message is None:
                return
            _send(caller, _data_of(message, greeted), ended)


def _received(caller: socket.socket) -> bytes | None:
    """None where there was nothing after all."""
    try:
        return caller.recv(_CHUNK)
    except BlockingIOError:
        return None


def _send(caller: socket.socket, data: bytes, ended: threading.Event) -> None:
    """However slowly it reads; whoever has stopped to read does not see that the forward ends."""
    left = memoryview(data)
    while left and not ended.is_set():
        if select.select([], [caller.fileno()], [], _LOOK_SECONDS)[1]:
            with suppress(BlockingIOError):
                left = left[caller.send(left) :]


def _data_of(message: bytes, greeted: set[int]) -> bytes:
    """What a message has for the caller. Raises Cut for what went wrong at the pod."""
    if not message:
        return b""
    channel = message[0]
    if channel not in greeted:
        greeted.add(channel)
    elif channel == _DATA:
        return message[1:]
    elif channel == _TROUBLE and message[1:]:
        raise Cut(message[1:].decode(errors="replace"))
    return b""


def _cut(namespace: str, said: str) -> KubernetesError:
    return KubernetesError(
        "port-forward.cut",
        f"a connection to a pod in {namespace} was cut: {said}",
        cause="The pod ended or does not listen there, its node went away, or a proxy in between does not let "
        "WebSockets pass.",
        fix="Run this again; if it stays so, run: ./airstrip doctor",
    )
