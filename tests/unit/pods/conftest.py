"""A process as in a pod of a project, with nothing of this machine's own settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AIRSTRIP_") or name.endswith("_URL"):
            monkeypatch.delenv(name)


@pytest.fixture
def claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the project `sales`, as its pods have it at /opt/data."""
    folder = tmp_path / "opt" / "data"
    folder.mkdir(parents=True)
    monkeypatch.setattr("airstrip_pods.data.DATA_DIR", str(folder))
    monkeypatch.setenv("AIRSTRIP_PROJECT", "sales")
    return folder
