"""The loopback port of the host that reaches a port of the node."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket

_CHUNK = 65536
_TRIES = 100


def listen(wanted: int, preferred: int | None = None) -> socket.socket:
    """A listening socket on 127.0.0.1: the preferred port, else the wanted one or the next free.

    Raises OSError when none of the 100 ports from `wanted` on is free.
    """
    candidates = [preferred] if preferred else []
    candidates += [port for port in range(wanted, min(wanted + _TRIES, 65536)) if port != preferred]
    for port in candidates:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
            listener.setblocking(False)
            return listener
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise OSError(errno.EADDRINUSE, f"no free port from {wanted} on")


async def serve(listener: socket.socket, address: str, port: int) -> asyncio.Server:
    """Passes each connection of the listener on to `address:port`."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _relay(reader, writer, address, port)

    return await asyncio.start_server(accept, sock=listener)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int) -> None:
    try:
        onward_reader, onward_writer = await asyncio.wait_for(asyncio.open_connection(address, port), 10)
    except (OSError, TimeoutError):
        writer.close()
        return
    tasks = [
        asyncio.ensure_future(_pump(reader, onward_writer)),
        asyncio.ensure_future(_pump(onward_reader, writer)),
    ]
    await asyncio.wait(tasks)
    for end in (writer, onward_writer):
        end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its end; passes the end on as a half-close."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
