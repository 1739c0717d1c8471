"""Connections to a pod, over real WebSockets on loopback: an API server that lists pods and speaks for them."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection

from airstrip.errors import KubernetesError, UsageError
from airstrip.kube import Cluster, forward
from airstrip.kube.transport import Transport
from tests.unit.kube.test_exec import accepted
from tests.unit.kube.test_transport import ACCESS

Behave = Callable[["Pod"], None]
GREETING = (b"\x00\x90\x1f", b"\x01\x90\x1f")
"""The port 8080 on both channels."""


class Pod:
    """The server's side of one connection."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._connection = Connection(ConnectionType.SERVER)
        for message in GREETING:
            self.say(message)

    def say(self, message: bytes) -> None:
        self._peer.sendall(self._connection.send(BytesMessage(message)))

    def hang_up(self) -> None:
        self._peer.sendall(self._connection.send(CloseConnection(1000)))

    def heard(self) -> Iterator[bytes]:
        """Data until the other side closes."""
        message = b""
        while data := self._peer.recv(65536):
            self._connection.receive_data(data)
            for event in self._connection.events():
                if isinstance(event, CloseConnection):
                    return
                if isinstance(event, BytesMessage):
                    message += bytes(event.data)
                    if event.message_finished:
                        assert message[:1] == b"\x00"
                        yield message[1:]
                        message = b""


def pod_named(name: str, *, ready: bool = True, ending: bool = False) -> dict[str, Any]:
    ending_since = {"deletionTimestamp": "2026-11-22T00:00:00Z"} if ending else {}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {"metadata": {"name": name, **ending_since}, "status": {"conditions": conditions}}


@contextmanager
def api_server(behave: Behave, pods: list[dict[str, Any]]) -> Iterator[tuple[Cluster, list[str]]]:
    """A cluster with pods that behave so, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            if "/portforward" not in self.path:
                body = json.dumps({"items": pods, "metadata": {}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            accept = accepted(str(self.requestline) + "\r\n" + str(self.headers).replace("\n", "\r\n"))
            self.connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: v4.channel.k8s.io\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self.close_connection = True
            behave(Pod(self.connection))

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        cluster = Cluster(Transport(replace(ACCESS, server=f"http://127.0.0.1:{server.server_address[1]}")))
        try:
            yield cluster, asked
        finally:
            cluster.close()
            server.shutdown()
            thread.join()


def echo(pod: Pod) -> None:
    for data in pod.heard():
        pod.say(b"\x00" + data)


def answer(pod: Pod) -> None:
    """An HTTP server that closes after one answer."""
    request = b""
    for data in pod.heard():
        request += data
        if b"\r\n\r\n" in request:
            pod.say(b"\x00HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            pod.say(b"\x00hello")
            pod.hang_up()
            return


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := connection.recv(65536)):
        data += part
    return data


def test_bytes_come_back_as_they_were_sent_by_many_at_once() -> None:
    given = bytes(range(256)) * 2000
    with (
        api_server(echo, [pod_named("api")]) as (cluster, asked),
        forward(cluster, "shop", "component=api", 8080) as port,
    ):
        connections = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(4)]
        for turn in range(4):
            part = given[turn * 128_000 : (turn + 1) * 128_000]
            for connection in connections:
                connection.sendall(part)
            assert all(received(connection, len(part)) == part for connection in connections)
        for connection in connections:
            connection.close()
    assert "/api/v1/namespaces/shop/pods/api/portforward?ports=8080" in asked
    assert any("labelSelector=component%3Dapi" in path for path in asked)


def test_a_client_asks_as_of_any_server() -> None:
    with (
        api_server(answer, [pod_named("api")]) as (cluster, _),
        forward(cluster, "shop", "a=b", 8080) as port,
    ):
        assert [httpx.get(f"http://127.0.0.1:{port}/").text for _ in range(3)] == ["hello"] * 3


def test_only_a_pod_that_is_ready_and_stays_is_taken() -> None:
    pods = [pod_named("starts", ready=False), pod_named("ends", ending=True), pod_named("serves")]
    with api_server(answer, pods) as (cluster, asked), forward(cluster, "shop", "a=b", 8080) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "hello"
    assert [path for path in asked if "portforward" in path] == [
        "/api/v1/namespaces/shop/pods/serves/portforward?ports=8080"
    ]


def fails(behave: Behave, pods: list[dict[str, Any]]) -> KubernetesError:
    """What is told of a connection that the caller finds closed."""
    told: list[KubernetesError] = []
    with api_server(behave, pods) as (cluster, _), forward(cluster, "shop", "a=b", 8080, tell=told.append) as port:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(b"hello")
            with _either_end():
                assert connection.recv(100) == b""
        deadline = time.monotonic() + 5
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
    (error,) = told
    return error


@contextmanager
def _either_end() -> Iterator[None]:
    """Closed with unread bytes, a socket is reset."""
    try:
        yield
    except ConnectionResetError:
        return


def test_without_a_pod_that_is_ready_the_connection_is_closed_and_told_of() -> None:
    error = fails(echo, [pod_named("starts", ready=False)])
    assert error.code == "port-forward.no-pod"
    assert "a=b" in error.message


def test_what_the_node_says_of_a_port_that_nobody_has_is_told() -> None:
    def refuse(pod: Pod) -> None:
        pod.say(b"\x01connection refused in the pod")
        list(pod.heard())

    error = fails(refuse, [pod_named("api")])
    assert error.code == "port-forward.cut"
    assert "connection refused in the pod" in error.message


def test_the_end_of_the_context_ends_what_is_open() -> None:
    with api_server(echo, [pod_named("api")]) as (cluster, _):
        with forward(cluster, "shop", "a=b", 8080) as port:
            connection = socket.create_connection(("127.0.0.1", port), 5)
            connection.sendall(b"x")
            assert connection.recv(1) == b"x"
        with connection:
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)


FLOOD = 12 << 20
"""Bytes, more than sockets hold."""


def flood(pod: Pod) -> None:
    request = b"".join(itertools.islice(pod.heard(), 1))
    with suppress(OSError):
        for _ in range(FLOOD >> 16):
            pod.say(b"\x00" + request * (1 << 16))
        list(pod.heard())


def test_whoever_reads_slowly_gets_all_of_it() -> None:
    with (
        api_server(flood, [pod_named("api")]) as (cluster, _),
        forward(cluster, "shop", "a=b", 8080) as port,
        socket.create_connection(("127.0.0.1", port), 30) as connection,
    ):
        connection.sendall(b"x")
        time.sleep(1)
        assert received(connection, FLOOD) == b"x" * FLOOD


def test_a_caller_that_has_stopped_to_read_does_not_keep_the_forward_open() -> None:
    took: list[float] = []

    def whole() -> None:
        with (
            api_server(flood, [pod_named("api")]) as (cluster, _),
            forward(cluster, "shop", "a=b", 8080) as port,
        ):
            connection = socket.create_connection(("127.0.0.1", port), 5)
            connection.sendall(b"x")
            time.sleep(1)
            before = time.monotonic()
        took.append(time.monotonic() - before)
        connection.close()

    thread = threading.Thread(target=whole, daemon=True)
    thread.start()
    thread.join(15)
    assert took
    assert took[0] < 5


def test_an_api_server_that_is_silent_does_not_keep_the_forward_open() -> None:
    free = threading.Event()

    def hang(pod: Pod) -> None:
        free.wait(20)

    with api_server(hang, [pod_named("api")]) as (cluster, _):
        cluster.list = lambda *_, **__: free.wait(20) and []  # type: ignore[method-assign,assignment]
        with forward(cluster, "shop", "a=b", 8080) as port:
            connection = socket.create_connection(("127.0.0.1", port), 5)
            time.sleep(0.7)
            before = time.monotonic()
        took = time.monotonic() - before
        with connection:
            assert connection.recv(1) == b""
        free.set()
    assert took < 8


def test_a_port_that_is_named_is_taken_or_refused() -> None:
    with api_server(echo, [pod_named("api")]) as (cluster, _), socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(UsageError) as raised, forward(cluster, "shop", "a=b", 8080, listen=taken):
            pass
        assert raised.value.code == "port.taken"
        assert str(taken) in raised.value.message
