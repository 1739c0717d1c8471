"""What hinders a folder from being sent: all of it at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from airstrip.dags import sending
from airstrip.dags.sending import hindrances, snapshot


def test_a_folder_without_problems(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("x")
    (tmp_path / "b.py").symlink_to("lib/a.py")
    assert hindrances(tmp_path) == []


def test_a_folder_that_airflow_would_meet_twice_is_told(tmp_path: Path) -> None:
    """Its DAG processor ends there, and every DAG of the deployment goes with it."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("x")
    (tmp_path / "all").symlink_to("lib")
    (tmp_path / "lib" / "loop").symlink_to(".")
    assert [line.partition(": ")[0] for line in hindrances(tmp_path)] == ["all", "lib/loop"]


def test_every_problem_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    (tmp_path / "outside").write_text("x")
    (folder / "leaves").symlink_to("../outside")
    (folder / "absolute").symlink_to("/etc/hostname")
    (folder / "nowhere").symlink_to("no")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("x")
    (folder / "cached").symlink_to("__pycache__/x.pyc")
    (folder / "round").symlink_to("round")
    Path(os.fsdecode(bytes(folder) + b"/\xff.py")).write_text("x")
    (folder / "large").write_text("x" * 3000)
    monkeypatch.setattr(sending, "MOST_FILES", 5)
    monkeypatch.setattr(sending, "_MIB", 10)
    found = "\n".join(hindrances(folder))
    for words in (
        "leaves: a link to ../outside, outside of the folder",
        "absolute: a link to /etc/hostname",
        "nowhere: a link to no, which is not there",
        "cached: a link to __pycache__/x.pyc, which is left out",
        "round: a link to round",
        "its name is not UTF-8",
        "7 files, and 5 is the most",
        "300 MiB, and 256 MiB is the most",
    ):
        assert words in found
    assert len(found.splitlines()) == 8


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "a.py").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    assert [line.partition(":")[0] for line in hindrances(tmp_path)] == ["closed", "a.py"]


def test_a_copy_stands_still_and_has_no_sockets(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one")
    (tmp_path / "link").symlink_to("a.py")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "s"))
        with snapshot(tmp_path) as files:
            (tmp_path / "a.py").write_text("two")
            assert (files / "a.py").read_text() == "one"
            assert sorted(path.name for path in files.iterdir()) == ["a.py", "link"]
            assert (files / "link").readlink() == Path("a.py")
    assert not files.exists()
