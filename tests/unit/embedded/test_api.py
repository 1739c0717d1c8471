"""The node's own client: an answer that is no answer is an OSError, which all of its users expect."""

from __future__ import annotations

import http.client
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import readiness
from airstrip.embedded.supervisor import record
from airstrip.embedded.supervisor.api import Api, ApiError
from airstrip.embedded.supervisor.identity import identify
from tests.unit.embedded.test_components import CONFIG


class PlainApi(Api):
    """Without TLS."""

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", int(self.url), timeout=timeout)


Answer = Callable[[bytes], Api]


@pytest.fixture
def answering() -> Iterator[Answer]:
    """A server that answers every request with these bytes, then hangs up."""
    servers = []

    def serve(server: socket.socket, answer: bytes) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    def start(answer: bytes) -> Api:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=serve, args=(server, answer), daemon=True).start()
        return PlainApi(str(server.getsockname()[1]), "", "", "")

    yield start
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


CUT_OFF = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"items": ['
HALF_JSON = b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"items": ['
GARBAGE = b"\x15\x03\x01\r\n\r\n"


@pytest.mark.parametrize("answer", [CUT_OFF, HALF_JSON, GARBAGE, b""])
def test_answer_that_is_cut_off_is_an_oserror(answering: Answer, answer: bytes) -> None:
    api = answering(answer)
    with pytest.raises(OSError, match="answer is none"):
        api.request("GET", "/")


@pytest.mark.parametrize("answer", [HALF_JSON, GARBAGE])
def test_watch_that_is_cut_off_is_an_oserror(answering: Answer, answer: bytes) -> None:
    with pytest.raises(OSError, match="answer is none"):
        list(answering(answer).watch("/", "1", 5))


def test_refusal_stays_what_it_is(answering: Answer) -> None:
    api = answering(b'HTTP/1.1 409 Conflict\r\nContent-Length: 19\r\n\r\n{"message": "taken"')
    with pytest.raises(OSError, match="answer is none"):
        api.request("GET", "/")
    api = answering(b'HTTP/1.1 409 Conflict\r\nContent-Length: 20\r\n\r\n{"message": "taken"}')
    with pytest.raises(ApiError, match="409: taken"):
        api.request("GET", "/")


def test_node_is_not_ready_while_its_server_talks_nonsense(
    answering: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, run_dir=tmp_path)
    me = identify(os.getpid())
    record.write_record(tmp_path, record.Record(me, me, "digest", 8080, 1.0))
    api = answering(CUT_OFF)
    monkeypatch.setattr(readiness, "admin_api", lambda _: api)
    assert not readiness.node_ready(config)
