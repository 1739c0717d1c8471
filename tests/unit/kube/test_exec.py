"""A program in a pod, over a real WebSocket on loopback: a server with the other end of the exec protocol."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping

from airstrip.errors import AirstripError, KubernetesError, WaitTimeout
from airstrip.kube import Cluster, run_in_pod
from airstrip.kube.transport import Transport
from tests.unit.kube.test_transport import ACCESS

SUCCESS = b"\x03" + json.dumps({"status": "Success"}).encode()
FAILURE = b"\x03" + json.dumps({"status": "Failure", "message": "command terminated with exit code 3"}).encode()
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Behave = Callable[["Pod"], None]


class Pod:
    """The server's side of one connection."""

    def __init__(self, peer: socket.socket, request: str) -> None:
        self.request = request
        self.peer = peer
        self._connection = Connection(ConnectionType.SERVER)
        self._stdin = b""

    def read(self, size: int) -> bytes:
        """So much of stdin."""
        message = b""
        while len(self._stdin) < size:
            self._connection.receive_data(self.peer.recv(65536))
            for event in self._connection.events():
                if isinstance(event, BytesMessage):
                    message += bytes(event.data)
                    if event.message_finished:
                        assert message[:1] == b"\x00"
                        self._stdin, message = self._stdin + message[1:], b""
        return self._stdin[:size]

    def say(self, message: bytes) -> None:
        self.peer.sendall(self._connection.send(BytesMessage(message)))

    def ping(self) -> None:
        self.peer.sendall(self._connection.send(Ping()))

    def hang_up(self) -> None:
        self.peer.sendall(self._connection.send(CloseConnection(1000)))


def accepted(request: str) -> bytes:
    """The server's answer to the client's key, by RFC 6455."""
    name = "sec-websocket-key: "
    (key,) = (line[len(name) :] for line in request.split("\r\n") if line.lower().startswith(name))
    return base64.b64encode(hashlib.sha1((key + _MAGIC).encode()).digest())


@contextmanager
def server(behave: Behave | None, refusal: bytes = b"") -> Iterator[tuple[Cluster, list[str]]]:
    """A cluster whose API server upgrades one connection, and what it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += peer.recv(65536)
                asked.append(request.decode())
                if behave is None:
                    peer.sendall(refusal)
                    return
                accept = accepted(asked[0])
                peer.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Protocol: v4.channel.k8s.io\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
                )
                behave(Pod(peer, asked[0]))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        cluster = Cluster(Transport(replace(ACCESS, server=f"http://127.0.0.1:{port}")))
        try:
            yield cluster, asked
        finally:
            cluster.close()
            thread.join(5)


def lines(cluster: Cluster, stdin: bytes = b"", timeout: float = 5.0) -> list[str]:
    source = io.BytesIO(stdin)
    return list(run_in_pod(cluster, "p", "n", container="c", argv=["a", "b c"], stdin=source, timeout=timeout))


def test_stdin_goes_in_whole_and_lines_come_out() -> None:
    given = bytes(range(256)) * 1000

    def behave(pod: Pod) -> None:
        assert pod.read(len(given)) == given
        pod.say(b"\x01")
        pod.say(b"\x02a complaint that nobody hears")
        pod.say(b"\x01one\ntw")
        pod.ping()
        pod.say("\x01o ü\n".encode())
        pod.say(SUCCESS)

    with server(behave) as (cluster, asked):
        assert lines(cluster, given) == ["one", "two ü"]
    url = urlsplit(asked[0].split()[1])
    assert url.path == "/api/v1/namespaces/n/pods/p/exec"
    assert parse_qs(url.query) == {
        "command": ["a", "b c"],
        "container": ["c"],
        "stdin": ["true"],
        "stdout": ["true"],
        "stderr": ["true"],
    }


def test_a_program_that_fails_is_an_error_with_its_last_words() -> None:
    def behave(pod: Pod) -> None:
        pod.say(b"\x02Traceback: no\n")
        pod.say(FAILURE)

    with server(behave) as (cluster, _), pytest.raises(KubernetesError) as raised:
        lines(cluster)
    assert (raised.value.code, raised.value.details) == ("pod.program-failed", "Traceback: no")
    assert "exit code 3" in raised.value.message


@pytest.mark.parametrize("end", [Pod.hang_up, lambda pod: pod.peer.close()], ids=["closed", "cut"])
def test_a_connection_that_ends_in_between_is_an_error(end: Behave) -> None:
    with server(end) as (cluster, _), pytest.raises(KubernetesError) as raised:
        lines(cluster)
    assert raised.value.code == "kubernetes.connection-cut"


def test_a_program_that_says_nothing_is_not_waited_for_without_end() -> None:
    done = threading.Event()

    def behave(_: Pod) -> None:
        done.wait(5)

    with server(behave) as (cluster, _):
        with pytest.raises(WaitTimeout) as raised:
            lines(cluster, timeout=0.3)
        done.set()
    assert raised.value.code == "pod.no-answer"


def test_who_may_not_is_told_so() -> None:
    body = json.dumps({"kind": "Status", "reason": "Forbidden", "message": "pods/exec is forbidden", "code": 403})
    refusal = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n{body}"
    with server(None, refusal.encode()) as (cluster, _), pytest.raises(AirstripError) as raised:
        lines(cluster)
    assert raised.value.code == "kubernetes.forbidden"
    assert "pods/exec is forbidden" in raised.value.message
