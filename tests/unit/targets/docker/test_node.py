"""What is done in the node, by its own shell: here in folders of this machine, by the same scripts."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from airstrip.process import Command, Completed
from airstrip.targets.docker.folders import NodeFolders
from airstrip.targets.docker.node import Node, parse_node
from airstrip.targets.docker.programs import Programs


def here(command: Command, check: bool) -> Completed:
    """Without `docker exec NODE`, and as somebody who owns everything."""
    done = subprocess.run(command.argv[3:], capture_output=True, text=True, check=check)
    return Completed(command, done.returncode, done.stdout, done.stderr)


@pytest.fixture
def folders(tmp_path: Path) -> NodeFolders:
    (tmp_path / "volumes").mkdir()
    (tmp_path / "live").mkdir()
    return NodeFolders(str(tmp_path / "root"), str(tmp_path / "volumes"), str(tmp_path / "live"))


NODE = Node("node", Programs(here))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away, as in a node")
def test_folders_are_made_for_pods_and_those_of_projects_are_left_as_they_are(folders: NodeFolders) -> None:
    volumes = Path(folders.volumes)
    names = ("logs", "dags", "data", "data/sales")
    NODE.prepare(folders, 4242, names)
    seen = {name: (volumes / name).stat() for name in names}
    assert {name: (each.st_uid, each.st_gid, stat.S_IMODE(each.st_mode)) for name, each in seen.items()} == {
        "logs": (50000, 0, 0o2775),
        "dags": (0, 0, 0o755),
        "data": (4242, 0, 0o2775),
        "data/sales": (4242, 0, 0o2775),
    }
    (volumes / "data" / "sales").chmod(0o700)
    (volumes / "logs").chmod(0o700)
    NODE.prepare(folders, 4242, names)
    assert stat.S_IMODE((volumes / "data" / "sales").stat().st_mode) == 0o700
    assert stat.S_IMODE((volumes / "logs").stat().st_mode) == 0o2775


def test_the_link_to_dags_stays_until_it_is_switched(folders: NodeFolders, tmp_path: Path) -> None:
    NODE.link_dags(folders, again=False)
    link = Path(folders.link)
    assert link.readlink() == tmp_path / "live"
    empty = NodeFolders(folders.root, folders.volumes)
    NODE.link_dags(empty, again=False)
    assert link.readlink() == tmp_path / "live"
    NODE.link_dags(empty, again=True)
    assert link.readlink() == tmp_path / "volumes" / "dags"


def test_emptying_leaves_the_folder_itself_which_is_a_mount(folders: NodeFolders) -> None:
    (Path(folders.volumes) / "logs").mkdir()
    (Path(folders.volumes) / ".hidden").write_text("x")
    NODE.empty(folders.volumes)
    assert list(Path(folders.volumes).iterdir()) == []
    NODE.empty(f"{folders.volumes}/absent")


def test_what_docker_says_of_a_container() -> None:
    networks = {"kind": {"Gateway": "172.18.0.1"}, "six": {"Gateway": "fc00::1"}, "off": {"Gateway": ""}}
    said = {"Id": "c", "State": {"Running": False}, "HostConfig": {"Binds": ["/a:/b:ro", "/var"]}}
    found = parse_node({**said, "NetworkSettings": {"Networks": networks}})
    assert (found.id, found.running, found.mounts, found.gateway) == ("c", False, (("/a", "/b"),), "172.18.0.1")
    assert parse_node({**said, "HostConfig": {"Binds": None}, "NetworkSettings": {"Networks": {}}}).gateway is None


def test_emptying_goes_on_while_a_pod_still_writes(folders: NodeFolders) -> None:
    """`find` ends with an error where a folder was filled again before it was deleted."""
    find = Path(folders.root)
    find.mkdir()
    (find / "sleep").symlink_to("/bin/true")
    (find / "find").write_text(f"#!/bin/sh\n[ -e {find}/again ] && exit 0\ntouch {find}/again\nexit 1\n")
    (find / "find").chmod(0o755)

    def with_it(command: Command, check: bool) -> Completed:
        done = subprocess.run(command.argv[3:], env={"PATH": f"{find}:{os.environ['PATH']}"}, check=check)
        return Completed(command, done.returncode, "", "")

    assert Node("node", Programs(with_it)).empty(folders.volumes) is True
    (find / "find").write_text("#!/bin/sh\nexit 1\n")
    assert Node("node", Programs(with_it)).empty(folders.volumes) is False
