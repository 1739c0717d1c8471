"""The real kind, with our configuration and commands: what it tells Docker, in whose place a script writes it down.

No node image can be had where the tests run: a cluster is never made.
"""

from __future__ import annotations

import os
import re
import shlex
import tarfile
from pathlib import Path

import pytest

from airstrip.embedded import write_archive
from airstrip.embedded.binaries.caches import go_environment
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.embedded.binaries.toolchain import ensure_go
from airstrip.errors import CommandError
from airstrip.events import discard
from airstrip.paths import cache_dir
from airstrip.process import Command, run
from airstrip.targets.docker.folders import ClientFolder
from airstrip.targets.docker.kind import Kind
from tests.node.tool_image import REFERENCE, build_tool_layout

_MODULE = re.search(r"sigs\.k8s\.io/kind@v[0-9.]+[0-9]", Kind.purpose)


@pytest.fixture(scope="module")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the version that our own words name, compiled from its Go module."""
    assert _MODULE is not None
    folder, sources = tmp_path_factory.mktemp("kind"), find_sources()
    assert sources is not None
    go = ensure_go(cache_dir(), sources, discard)
    environment = {**go_environment(cache_dir(), go), "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    run(Command([str(go.path), "install", _MODULE[0]], env=environment), timeout=900)
    return folder


@pytest.fixture
def record(kind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what Docker was told."""
    record, programs = tmp_path / "record", tmp_path / "programs"
    record.mkdir()
    programs.mkdir()
    (programs / "docker").symlink_to(Path(__file__).with_name("docker_stand_in.sh"))
    monkeypatch.setenv("PATH", f"{programs}:{kind}:{os.environ['PATH']}")
    monkeypatch.setenv("RECORD", str(record))
    for name in ("KIND_EXPERIMENTAL_PROVIDER", "DOCKER_HOST", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    return record


@pytest.fixture
def maker(tmp_path: Path) -> Kind:
    (tmp_path / "dags").mkdir()
    client = ClientFolder(tmp_path, "shop")
    client.volumes.mkdir(parents=True)
    return Kind("airstrip-shop", client, tmp_path / "dags")


def told(record: Path) -> list[list[str]]:
    return [shlex.split(line) for line in (record / "calls").read_text().splitlines()]


def test_the_configuration_makes_the_node_with_our_name_and_folders(record: Path, maker: Kind) -> None:
    with pytest.raises(CommandError) as raised:
        run(maker.create(), timeout=120)
    assert "nothing is started here" in raised.value.details
    (made,) = (call for call in told(record) if call[0] == "run")
    assert made[made.index("--name") + 1] == made[made.index("--hostname") + 1] == maker.container
    assert f"--volume={maker.client.volumes}:/airstrip/volumes" in made
    assert f"--volume={maker.live}:/airstrip/live:ro" in made
    # Its API server listens on this machine's loopback address alone.
    assert [part for part in made if part.startswith("--publish=")] == [
        part for part in made if part.startswith("--publish=127.0.0.1:")
    ]


def test_a_key_that_kind_does_not_know_is_refused_before_docker_is_asked(record: Path, maker: Kind) -> None:
    command = maker.create()
    text = (command.stdin or b"").replace(b"extraMounts", b"extraMountz")
    with pytest.raises(CommandError) as raised:
        run(Command(command.argv, stdin=text), timeout=120)
    assert "extraMountz not found" in raised.value.details
    assert [call for call in told(record) if call[0] == "run"] == []


def test_an_image_reaches_the_node_as_the_archive_that_we_write(record: Path, maker: Kind, tmp_path: Path) -> None:
    (record / "node").write_text(f"{maker.container}\n")
    archive = tmp_path / "image.tar"
    write_archive(build_tool_layout(tmp_path / "layout"), REFERENCE, archive)
    run(maker.load(archive), timeout=120)
    assert (record / "archive").read_bytes() == archive.read_bytes()
    with tarfile.open(record / "archive") as found:
        assert found.getnames()[:2] == ["oci-layout", "index.json"]


def test_a_cluster_is_deleted_by_its_name_and_no_other(record: Path, maker: Kind) -> None:
    (record / "node").write_text(f"{maker.container}\n")
    run(maker.delete(), timeout=120)
    listed, removed = (next(call for call in told(record) if call[0] == word) for word in ("ps", "rm"))
    assert "label=io.x-k8s.kind.cluster=airstrip-shop" in listed
    assert removed[-1] == maker.container
