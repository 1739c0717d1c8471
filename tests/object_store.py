"""An object store of the tests' own: moto's server, which speaks S3."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.landing import eventually


@contextmanager
def serving(address: str, log: Path) -> Iterator[str]:
    """Its URL, at an address of this machine's; everything is lost at the end."""
    environment = os.environ.get("AIRFLOW_ENVIRONMENT")
    if not environment:
        pytest.fail("AIRFLOW_ENVIRONMENT is not set: run these tests by scripts/test")
    with socket.create_server((address, 0)) as free:
        port = free.getsockname()[1]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [f"{environment}/bin/moto_server", "--host", address, "--port", str(port)], stdout=output, stderr=output
        )
    try:
        eventually(lambda: answers(address, port), seconds=60, what="moto's server answers")
        yield f"http://{address}:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def answers(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), timeout=5):
        return True
    return False
