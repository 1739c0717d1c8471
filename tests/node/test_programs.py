"""The programs that were really compiled: each runs, is of its pinned version, and is complete in itself."""

from __future__ import annotations

import subprocess

import pytest

from airstrip.embedded.binaries import Binaries, find_binaries
from airstrip.embedded.binaries.folder import FILES
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.paths import cache_dir


@pytest.fixture(scope="module")
def programs() -> Binaries:
    found = find_binaries(cache_dir())
    assert found is not None, "run `./airstrip node build` first"
    return found


def _output(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "program",
    ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet"],
)
def test_kubernetes_version(programs: Binaries, program: str) -> None:
    """kube-proxy's --version is also a test that CoreDNS's flags, in the same file, stay its own."""
    assert _output(*programs.argv(program), "--version") == f"Kubernetes v{programs.versions.kubernetes}\n"


def test_other_versions(programs: Binaries) -> None:
    versions = programs.versions
    assert f"etcd Version: {versions.etcd}\n" in _output(*programs.argv("etcd"), "--version")
    assert f"CoreDNS-{versions.coredns}\n" in _output(*programs.argv("coredns"), "-version")
    assert f" {versions.containerd} " in _output(*programs.argv("containerd"), "--version")
    assert f"Version:  {versions.containerd}\n" in _output(*programs.argv("containerd-shim-runc-v2"), "-v")
    assert f"runc version {versions.runc}\n" in _output(*programs.argv("runc"), "--version")


def test_runc_has_seccomp(programs: Binaries) -> None:
    """Without it every sandbox fails."""
    assert "libseccomp: " in _output(*programs.argv("runc"), "--version")


def test_coredns_has_the_plugins_of_our_corefile(programs: Binaries) -> None:
    wanted = {"bind", "cache", "errors", "forward", "health", "hosts", "kubernetes", "loop", "ready", "reload"}
    assert wanted <= set(_output(*programs.argv("coredns"), "-plugins").split())


@pytest.mark.parametrize("name", FILES)
def test_needs_no_library_of_the_host(programs: Binaries, name: str) -> None:
    """What the wheel's platform tag promises: no dynamic linker is named (PT_INTERP)."""
    assert b"/ld-linux" not in programs.path(name).read_bytes()[:4096]


def test_licences_are_complete(programs: Binaries) -> None:
    folders = [path for path in programs.licences.rglob("*") if path.is_dir()]
    assert len(folders) > 100
    assert all(any(folder.iterdir()) for folder in folders)


def test_are_of_this_clones_sources(programs: Binaries) -> None:
    sources = find_sources()
    assert sources is not None
    assert programs.versions == sources.versions(programs.versions.go)
