"""Both versions on made-up trees: this is what can be tested of version 2 on a host of version 1."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airstrip.embedded.supervisor import cgroups


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    for name in ("memory", "cpu,cpuacct", "cpuset", "systemd", "unified"):
        (tmp_path / name).mkdir()
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    for name in ("cpuset.cpus", "cpuset.mems"):
        (tmp_path / "cpuset" / name).write_text("0-1\n")
    return tmp_path


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "airstrip-demo").mkdir()
    (tmp_path / "airstrip-demo" / "cgroup.controllers").write_text("cpu memory\n")
    return tmp_path


def test_version_1_has_a_cgroup_in_each_hierarchy(version_1: Path) -> None:
    assert cgroups.version(version_1) == 1
    cgroups.create("airstrip-demo", version_1)
    made = version_1.glob("*/airstrip-demo/node/cgroup.procs")
    names = {path.parents[2].resolve().name for path in made}
    assert names == {"memory", "cpu,cpuacct", "cpuset", "systemd", "unified"}


def test_version_2_has_one_and_hands_its_controllers_down(version_2: Path) -> None:
    assert cgroups.version(version_2) == 2
    cgroups.create("airstrip-demo", version_2)
    assert (version_2 / "cgroup.subtree_control").read_text() == "+cpu +cpuset +memory +pids +io"
    assert (version_2 / "airstrip-demo/cgroup.subtree_control").read_text() == "+cpu +memory"
    assert (version_2 / "airstrip-demo/node/cgroup.procs").read_text() == str(os.getpid())
    # The cgroup that hands controllers down may hold no process itself.
    assert not (version_2 / "airstrip-demo/cgroup.procs").exists()


def test_process_stays_where_systemd_put_it(version_2: Path) -> None:
    cgroups.create("airstrip-demo", version_2, join=False)
    assert (version_2 / "airstrip-demo/node").is_dir()
    assert not (version_2 / "airstrip-demo/node/cgroup.procs").exists()


def test_removal_takes_the_pods_cgroups_too(tmp_path: Path) -> None:
    (tmp_path / "memory" / "airstrip-demo" / "kubepods" / "pod1").mkdir(parents=True)
    assert cgroups.remove_pods("airstrip-demo", tmp_path) == []
    assert (tmp_path / "memory" / "airstrip-demo").exists()
    assert cgroups.remove("airstrip-demo", tmp_path) == []
    assert not (tmp_path / "memory" / "airstrip-demo").exists()


def test_cgroup_in_use_is_named(tmp_path: Path) -> None:
    busy = tmp_path / "memory" / "airstrip-demo"
    busy.mkdir(parents=True)
    (busy / "a-process").touch()
    assert cgroups.remove("airstrip-demo", tmp_path, timeout=0) == [str(busy)]
