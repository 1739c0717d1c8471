"""Answers the node's CoreDNS through the host's resolvers.

It runs on the host, so it reaches a resolver on the host's loopback (127.0.0.53) and follows a
resolv.conf that changes with the network; the node needs no route to any resolver.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import cast

_TIMEOUT = 3.0
_DEFAULT_PORT = 53


def parse_resolv_conf(text: str) -> list[str]:
    """The IPv4 and IPv6 addresses of its nameserver lines, at most three as in resolv.conf(5)."""
    words = [line.split() for line in text.splitlines()]
    found = [parts[1] for parts in words if len(parts) >= 2 and parts[0] == "nameserver"]
    return found[:3]


class Resolvers:
    """The host's resolvers now; fixed ones where the configuration names some."""

    def __init__(self, fixed: tuple[str, ...], path: Path = Path("/etc/resolv.conf")) -> None:
        self._fixed = list(fixed)
        self._path = path

    def addresses(self) -> list[str]:
        if self._fixed:
            return self._fixed
        try:
            return parse_resolv_conf(self._path.read_text())
        except OSError:
            return []


class _Question(asyncio.DatagramProtocol):
    """One question to one resolver."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.DatagramTransport, transport).sendto(self._payload)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 (asyncio's signature)
        if not self.answer.done() and data[:2] == self._payload[:2]:
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


class _Relay(asyncio.DatagramProtocol):
    def __init__(self, resolvers: Resolvers) -> None:
        self._resolvers = resolvers
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, payload: bytes, client: tuple[str, int]) -> None:
        answer = server_failure(payload)
        for address in self._resolvers.addresses():
            with contextlib.suppress(OSError, TimeoutError):
                answer = await _ask(payload, address)
                break
        if self._transport is not None and answer:
            self._transport.sendto(answer, client)


def server_failure(question: bytes) -> bytes:
    """The answer "no resolver could be asked", so that a host without a network fails at once.

    Empty for what is no question.
    """
    end = 12
    while end < len(question) and question[end]:
        end += 1 + question[end]
    if end + 5 > len(question):
        return b""
    header = question[:2] + bytes((question[2] | 0x80, 0x82)) + b"\x00\x01" + bytes(6)
    return header + question[12 : end + 5]


async def _ask(payload: bytes, address: str) -> bytes:
    loop = asyncio.get_running_loop()
    transport, question = await loop.create_datagram_endpoint(
        lambda: _Question(payload), remote_addr=(address, _DEFAULT_PORT)
    )
    try:
        return await asyncio.wait_for(question.answer, _TIMEOUT)
    finally:
        transport.close()


async def serve(address: str, port: int, resolvers: Resolvers) -> tuple[asyncio.BaseTransport, asyncio.Server]:
    """Listens on UDP and TCP of the host's end of the link."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Relay(resolvers), local_addr=(address, port))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            while True:
                size = await reader.readexactly(2)
                payload = await reader.readexactly(int.from_bytes(size, "big"))
                writer.write(await _ask_by_tcp(size + payload, resolvers))
                await writer.drain()
        writer.close()

    return transport, await asyncio.start_server(accept, address, port)


async def _ask_by_tcp(message: bytes, resolvers: Resolvers) -> bytes:
    """`message` and the answer carry their two bytes of length."""
    for address in resolvers.addresses():
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            return await asyncio.wait_for(_exchange(message, address), _TIMEOUT)
    raise OSError("no resolver answered")


async def _exchange(message: bytes, address: str) -> bytes:
    reader, writer = await asyncio.open_connection(address, _DEFAULT_PORT)
    try:
        writer.write(message)
        size = await reader.readexactly(2)
        return size + await reader.readexactly(int.from_bytes(size, "big"))
    finally:
        writer.close()
