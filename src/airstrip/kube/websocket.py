"""A WebSocket over a connection that httpx has upgraded: its credentials, certificates and proxies are httpx's own."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any, Protocol

import httpcore
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

_READ = 64 * 1024


class Stream(Protocol):
    """httpx's `network_stream`, blocking; timeouts in seconds. Raises httpcore's errors."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes: ...
    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...
    def get_extra_info(self, info: str) -> Any: ...


class Cut(Exception):
    """The connection broke, or the other side does not speak the protocol."""


def upgrade_headers(protocol: str) -> dict[str, str]:
    """Of the GET request that asks for a WebSocket."""
    return {
        # The API server gives an upgraded connection in no other representation.
        "Accept": "*/*",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Protocol": protocol,
        "Sec-WebSocket-Version": "13",
    }


class WebSocket:
    """One thread's: it reads when it is asked to."""

    def __init__(self, stream: Stream, write_timeout: float) -> None:
        self._stream = stream
        self._write_timeout = write_timeout
        self._connection = Connection(ConnectionType.CLIENT)
        self._parts: list[bytes] = []
        self._waiting: list[bytes | None] = []

    def fileno(self) -> int:
        """For select, which does not see what `has_part` tells."""
        return int(self._stream.get_extra_info("socket").fileno())

    @property
    def has_part(self) -> bool:
        """Whether more is here already, read and decrypted."""
        tls = self._stream.get_extra_info("ssl_object")
        return bool(self._waiting) or (tls is not None and tls.pending() > 0)

    def send(self, message: bytes) -> None:
        """Raises Cut."""
        self._write(self._connection.send(BytesMessage(message)))

    def receive(self, timeout: float) -> bytes | None:
        """The next message; None once the other side has closed. Raises TimeoutError, Cut."""
        deadline = time.monotonic() + timeout
        while not self._waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._read(left)
        return self._waiting.pop(0)

    def close(self) -> None:
        """Says that no more is wanted; who does not hear it any more has gone."""
        try:
            self._write(self._connection.send(CloseConnection(1000)))
        except (Cut, LocalProtocolError):
            return

    def _read(self, timeout: float) -> None:
        try:
            data = self._stream.read(_READ, timeout)
            self._connection.receive_data(data or None)
            events = list(self._connection.events())
        except httpcore.ReadTimeout as error:
            raise TimeoutError from error
        except (httpcore.NetworkError, RemoteProtocolError, LocalProtocolError) as error:
            raise Cut(str(error) or type(error).__name__) from error
        for event in events:
            self._take(event)
        if not data:
            self._waiting.append(None)

    def _take(self, event: object) -> None:
        if isinstance(event, Ping):
            self._write(self._connection.send(event.response()))
        elif isinstance(event, CloseConnection):
            self._waiting.append(None)
        elif isinstance(event, Message):
            self._parts.append(event.data.encode() if isinstance(event.data, str) else bytes(event.data))
            if event.message_finished:
                self._waiting.append(b"".join(self._parts))
                self._parts = []

    def _write(self, data: bytes) -> None:
        try:
            self._stream.write(data, self._write_timeout)
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise Cut(str(error) or type(error).__name__) from error
