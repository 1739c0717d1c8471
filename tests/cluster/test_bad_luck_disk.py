"""Real disks that are too small: each command says where, what it takes and what to do, and leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from airstrip.embedded import NodeConfig
from airstrip.targets.local.node import LocalNode
from tests.landing import NAME, ROOT
from tests.node.host_traces import traces

DEPLOYMENT = f"{NAME}-disk"
FILE = f"apiVersion: airstrip/v1\nname: {DEPLOYMENT}\ntarget: {{local: {{port: 19380}}}}\n"
# Enough for a node with its images' names, not for the images.
SMALL, MEDIUM = 64, 1100
Refused = Callable[..., dict[str, Any]]


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, in a file."""
    image, disk = folder / "disk.img", folder / "disk"
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    disk.mkdir()
    subprocess.run(["mount", "-o", "loop", image, disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()
        image.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "airstrip.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def refused(file: Path) -> Refused:
    """Runs a command, with variables, that must end with exit code 1 and one whole error."""

    def run(*arguments: str, program: tuple[str, ...] = (str(ROOT / "airstrip"),), **variables: str) -> dict[str, Any]:
        done = call(file, *arguments, program=program, **variables)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        (error,) = json.loads(done.stdout)["errors"]
        assert error["fix"]
        return dict(error)

    return run


def call(file: Path, *arguments: str, program: tuple[str, ...], **variables: str) -> subprocess.CompletedProcess[str]:
    command = [*program, *arguments, "--json", "-f", str(file)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=200, check=False, env={**os.environ, **variables}
    )


def left_of(config: NodeConfig) -> list[str]:
    """What there is of the node on the host, beside its state."""
    found = traces(config)
    lines = (*found.mounts, *found.links, *found.routes, *found.rules.splitlines())
    marks = (config.identifier, str(config.state_dir), str(config.run_dir))
    return [
        *found.processes,
        *found.cgroups,
        *found.sockets,
        *(line for line in lines if any(m in line for m in marks)),
    ]


def test_a_node_does_not_begin_on_a_disk_that_is_too_small(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path, SMALL) as disk:
        monkeypatch.setenv("AIRSTRIP_STATE_DIR", str(disk / "state"))
        for verb in (("node", "start"), ("up",)):
            error = refused(*verb, "--yes")
            assert error["code"] == "node.no-space"
            assert str(disk) in error["message"]
            assert "MiB are free" in error["message"]
            assert "AIRSTRIP_STATE_DIR" in error["fix"]
            assert sorted(entry.name for entry in disk.iterdir()) == ["lost+found"]
        assert left_of(LocalNode(DEPLOYMENT).config()) == []


# The second of the kind, on a node of its own that is started twice.
@pytest.mark.slow
def test_an_image_is_not_imported_onto_a_disk_that_it_would_fill(
    tmp_path: Path, file: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path, MEDIUM) as disk:
        monkeypatch.setenv("AIRSTRIP_STATE_DIR", str(disk / "state"))
        try:
            # The second time on a node that runs.
            for _ in range(2):
                error = refused("up", "--yes")
                assert error["code"] == "node.no-space"
                assert "to import localhost/airstrip/" in error["message"]
                assert shutil.disk_usage(disk).free > 300 << 20
        finally:
            call(file, "node", "prune", "--everything", "--yes", program=(str(ROOT / "airstrip"),))
        assert left_of(LocalNode(DEPLOYMENT).config()) == []


def test_nothing_is_built_into_a_cache_that_is_too_small(tmp_path: Path, refused: Refused) -> None:
    program = (sys.executable, "-m", "airstrip")
    with small_disk(tmp_path, SMALL) as disk:
        cache = str(disk / "cache")
        image = refused("image", "build", program=program, AIRSTRIP_CACHE_DIR=cache)
        node = refused("node", "build", "--yes", program=program, AIRSTRIP_CACHE_DIR=cache)
        launcher = refused("status", AIRSTRIP_CACHE_DIR=str(disk / "another"))
        assert (image["code"], node["code"], launcher["code"]) == (
            "image.no-space",
            "node.no-space",
            "launcher.no-space",
        )
        for error in (image, node, launcher):
            assert str(disk) in error["message"]
            assert "AIRSTRIP_CACHE_DIR" in error["fix"]
        assert shutil.disk_usage(disk).free > 40 << 20
