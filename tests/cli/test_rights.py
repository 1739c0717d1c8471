"""What needs root says so to everyone else, before it asks, locks or writes anything: run as a real user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.machine import ROOT, Machine
from tests.people import NOBODY, everyones_python

# One process for all: their machine is made once.
pytestmark = pytest.mark.xdist_group("rights")

CHANGING = [
    "up",
    "up --yes",
    "down",
    "down --data",
    "down --data --yes",
    "node build --yes",
    "node start",
    "node stop",
    "node prune",
    "node prune --everything --yes",
]
LOOKING = ["status", "node status", "node build --check", "render"]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A clone and its environment that all may read: pytest's folders, and root's home, are closed to others."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else too")
    with tempfile.TemporaryDirectory(prefix="airstrip-rights-", ignore_cleanup_errors=True) as name:
        machine = Machine(Path(name))
        machine.folder.chmod(0o755)
        machine.prepare(python=everyones_python())
        machine.take_uv()
        uv = machine.programs / "uv"
        found = uv.resolve()
        uv.unlink()
        shutil.copy(found, uv)
        for part in ("src", "scripts", "packages"):
            ignored = shutil.ignore_patterns("__pycache__", ".venv", "bin")
            shutil.copytree(ROOT / part, machine.folder / "clone" / part, ignore=ignored)
        for part in ("airstrip", "pyproject.toml", "uv.lock", "README.md"):
            shutil.copy(ROOT / part, machine.folder / "clone")
        for variable in ("STATE", "RUN", "CACHE"):
            machine.environment[f"AIRSTRIP_{variable}_DIR"] = str(machine.folder / variable.lower())
        (machine.folder / "airstrip.yaml").write_text("apiVersion: airstrip/v1\nname: not-roots\n")
        first = machine.run("--version", launcher=machine.folder / "clone" / "airstrip")
        assert first.returncode == 0, first.stderr
        yield machine


def as_nobody(machine: Machine, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [machine.folder / "clone" / "airstrip", *line.split(), "--json"],
        cwd=machine.folder,
        env=machine.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
    )


@pytest.mark.parametrize("line", CHANGING)
def test_who_is_not_root_is_told_so(machine: Machine, line: str) -> None:
    done = as_nobody(machine, line)
    assert done.returncode == 1, done.stdout + done.stderr
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "node.not-root"
    assert not [name for name in ("state", "run") if (machine.folder / name).exists()]
    assert "sudo" in error["fix"]
    assert done.stderr == ""


@pytest.mark.parametrize("line", LOOKING)
def test_who_is_not_root_may_look(machine: Machine, line: str) -> None:
    done = as_nobody(machine, line)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    assert json.loads(done.stdout)["errors"] == []
