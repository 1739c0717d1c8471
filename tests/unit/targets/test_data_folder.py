"""The folder of projects' data on this machine."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from airstrip.targets.local.data_folder import ensure_data, ensure_project_folder
from airstrip_pods.conventions import DATA_GROUP, DATA_MODE

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")
NOBODY = pwd.getpwnam("nobody")


def facts(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mode & 0o7777, found.st_uid, found.st_gid


@ROOT_ONLY
def test_the_owner_and_the_pods_may_write_and_nobody_else_comes_near(tmp_path: Path) -> None:
    shared = tmp_path / "data" / "projects"
    ensure_data(shared, ["sales"], NOBODY.pw_uid)
    assert facts(shared.parent) == (0o750, 0, NOBODY.pw_gid)
    assert facts(shared) == (DATA_MODE, NOBODY.pw_uid, DATA_GROUP)
    assert facts(shared / "sales") == (DATA_MODE, NOBODY.pw_uid, DATA_GROUP)


@ROOT_ONLY
def test_a_second_landing_by_root_alone_leaves_the_owner(tmp_path: Path) -> None:
    shared = tmp_path / "data" / "projects"
    ensure_data(shared, [], NOBODY.pw_uid)
    ensure_data(shared, ["rides"], None)
    assert facts(shared)[1] == facts(shared / "rides")[1] == NOBODY.pw_uid
    assert facts(shared.parent)[2] == NOBODY.pw_gid


@ROOT_ONLY
def test_the_owner_makes_a_folder_that_pods_write_too(tmp_path: Path) -> None:
    shared = tmp_path / "data" / "projects"
    ensure_data(shared, [], NOBODY.pw_uid)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        assert folder.stat().st_mode & 0o700
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0
    else:
        # The folders of a test are root's alone.
        os.chdir(shared)
        os.setgroups([])
        os.setgid(NOBODY.pw_gid)
        os.setuid(NOBODY.pw_uid)
        ensure_project_folder(Path(), "rides")
        os._exit(0)
    assert facts(shared / "rides") == (DATA_MODE, NOBODY.pw_uid, DATA_GROUP)


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "sales").symlink_to("/etc")
    before = Path("/etc").stat()
    ensure_project_folder(tmp_path, "sales")
    assert Path("/etc").stat().st_mode == before.st_mode
    assert (tmp_path / "sales").is_symlink()
