"""The program that tries volumes, as the user that pods have, on folders with the owners that an export may have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.people import everyones_python

USER, GROUP = 50000, 0
NOBODY = 65534


def tried(folder: Path, *, mode: str = "rw") -> subprocess.CompletedProcess[str]:
    """By a process that has its rights by its user and group alone, as in a pod that is `restricted`."""
    with as_file(files("airstrip.manifests") / "files" / "volumes" / "check_volumes.py") as program:
        return subprocess.run(
            [str(everyones_python()), "-I", "-", f"{mode}:{folder}"],
            cwd="/",
            input=program.read_text(),
            user=USER,
            group=GROUP,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def server() -> Iterator[Path]:
    """Where everybody may look: pytest's own folders are for their owner."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def folder_of(server: Path, owner: int, group: int, mode: int) -> Path:
    folder = server / "export"
    folder.mkdir()
    os.chown(folder, owner, group)
    folder.chmod(mode)
    return folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")
@pytest.mark.parametrize(("owner", "group", "mode"), [(0, 0, 0o2775), (NOBODY, 0, 0o2770), (USER, 0, 0o770)])
def test_a_folder_of_the_group_can_be_used_and_nothing_is_left(server: Path, owner: int, group: int, mode: int) -> None:
    folder = folder_of(server, owner, group, mode)
    done = tried(folder)
    assert (done.returncode, done.stdout) == (0, "1 volumes can be used\n"), done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")
@pytest.mark.parametrize(("owner", "group", "mode"), [(0, 0, 0o755), (NOBODY, NOBODY, 0o775), (0, 0, 0o700)])
def test_one_that_is_closed_is_told_with_its_owner_and_what_to_do(
    server: Path, owner: int, group: int, mode: int
) -> None:
    folder = folder_of(server, owner, group, mode)
    done = tried(folder)
    assert done.returncode == 1
    assert f"{folder} is closed: user {owner}, group {group}, mode {mode:o}" in done.stdout
    assert f"chown {USER}:0 FOLDER && chmod 2775 FOLDER" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")
def test_one_of_which_not_even_the_owner_is_told_is_closed_too(server: Path) -> None:
    """As an export that refuses the pod's user altogether."""
    folder = folder_of(server, 0, 0, 0o700) / "inner"
    folder.mkdir()
    done = tried(folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"{folder} is closed: whose it is its server does not say, and pods are user {USER}" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")
def test_what_other_pods_could_not_write_to_is_told(server: Path) -> None:
    """An export that gives each file a group of its own, as one with all_squash does."""
    folder = folder_of(server, 0, NOBODY, 0o2777)
    done = tried(folder)
    assert done.returncode == 1
    assert f"what a pod makes there belongs to user {USER}, group {NOBODY}" in done.stdout


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with as_file(files("airstrip.manifests") / "files" / "volumes" / "check_volumes.py") as program:
        done = subprocess.run(
            [sys.executable, str(program), f"rw:{tmp_path}/none"], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "No such file or directory" in done.stdout
