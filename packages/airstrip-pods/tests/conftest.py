"""A real Airflow without a database, and a real server that speaks S3."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything of Airflow is imported: it makes its folder there.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airstrip-pods-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
# fsspec reads its settings when it is imported. The least that S3 takes as a part: large files need not be large.
os.environ["FSSPEC_S3"] = '{"default_block_size": 5242880}'


@pytest.fixture(autouse=True)
def _no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AIRSTRIP_", "AWS_")) or name.endswith("_URL"):
            monkeypatch.delenv(name)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the data of all projects is."""
    monkeypatch.setenv("AIRSTRIP_DATA_URL", f"file://{tmp_path}")
    return tmp_path


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
