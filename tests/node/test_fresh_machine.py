"""The first minutes on a fresh machine: a Debian that has python3, git and ca-certificates, and nothing else of ours.

In the order of the file: what one test has installed, the next finds.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

import pytest

from airstrip import __version__
from airstrip.images.store import remove_tree
from tests.clone import copy_project
from tests.landing import ROOT
from tests.node.fresh_machine import CLONE, FreshMachine, unpack

HOST_PACKAGES = tomllib.loads((ROOT / "src/airstrip/embedded/host_packages.toml").read_text())
NEEDED = {name for packages in HOST_PACKAGES.values() for name in packages}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshMachine]:
    root = tmp_path_factory.mktemp("fresh") / "machine"
    try:
        machine = unpack(root)
        copy_project(root / CLONE.lstrip("/"))
        yield machine
    finally:
        # Raises where something is still mounted in there.
        remove_tree(root)


def installed(machine: FreshMachine) -> set[str]:
    listed = machine.run("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\\n")
    assert listed.returncode == 0, listed.stderr
    rows = (line.split() for line in listed.stdout.splitlines())
    return {package for status, package in rows if status == "installed"}


def test_it_has_hardly_anything(machine: FreshMachine) -> None:
    there = installed(machine)
    assert {"python3", "git", "ca-certificates"} <= there
    assert there.isdisjoint({"python3-venv", "python3-pip", "curl", "gcc", "golang-go", "sudo", "iproute2", "nftables"})


def test_without_a_yes_nothing_is_installed_and_the_command_is_named(machine: FreshMachine) -> None:
    before = installed(machine)
    done = machine.run("./airstrip", "--version")
    assert done.returncode == 2, done.stderr
    assert "apt-get install -y --no-install-recommends python3-venv" in done.stderr
    assert installed(machine) == before


def test_with_yes_it_installs_what_it_needs_and_says_what_a_build_lacks(machine: FreshMachine) -> None:
    done = machine.run("./airstrip", "node", "build", "--check", "--yes", "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "python3-venv" in installed(machine)
    data = json.loads(done.stdout)["data"]
    assert set(data["missingPackages"]) == NEEDED - installed(machine)
    assert (data["binaries"], data["go"], data["hasSources"]) == (None, None, True)
    assert data["goToInstall"]


def test_from_then_on_it_just_runs(machine: FreshMachine) -> None:
    version = machine.run("./airstrip", "--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"airstrip {__version__}\n", "")
    check = machine.run("./airstrip", "node", "build", "--check")
    assert check.returncode == 3
    for word in ("not built yet", "gcc", "mmdebstrap", "Go"):
        assert word in check.stdout
    assert machine.run("./airstrip", "status").returncode == 3


def test_all_of_it_lies_in_root_s_cache(machine: FreshMachine) -> None:
    assert machine.run("git", "init", "--quiet").returncode == 0
    assert machine.run("git", "add", "--all").returncode == 0
    listed = machine.run("git", "ls-files", "--others").stdout
    assert listed == "", "nothing is written into the clone, not even what git ignores"
    assert (machine.root / "root" / ".cache" / "airstrip" / "environments").is_dir()
