"""The variables that move a deployment's files."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from airstrip import paths
from airstrip.errors import UsageError
from airstrip.paths import cache_dir, lock_file, run_dir, state_dir


def test_defaults_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRSTRIP_STATE_DIR", "AIRSTRIP_RUN_DIR", "AIRSTRIP_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert state_dir("a") == Path("/var/lib/airstrip/a")
    assert run_dir("a") == Path("/run/airstrip/a")
    assert cache_dir() == Path("/home/someone/.cache/airstrip")


def test_variables_move_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_STATE_DIR", "/s")
    monkeypatch.setenv("AIRSTRIP_RUN_DIR", "/r")
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", "/c")
    assert (state_dir("a"), run_dir("a"), cache_dir()) == (Path("/s/a"), Path("/r/a"), Path("/c"))
    # Beside the run folder, which `down` removes.
    assert lock_file("a") == Path("/r/a.lock")


def test_who_is_not_root_locks_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRSTRIP_RUN_DIR", raising=False)
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", "/c")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert lock_file("a") == Path("/run/airstrip/a.lock")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert lock_file("a") == Path("/c/locks/a.lock")


@pytest.fixture
def homes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Folders `root`, owned by uid 0, and `someone`, owned by 1000; we are root, at home in `root`."""
    for name in ("root", "someone"):
        (tmp_path / name).mkdir()
    owners = {tmp_path: 0, tmp_path / "root": 0, tmp_path / "someone": 1000}
    monkeypatch.setattr(paths, "_owner", lambda folder: owners[folder])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    record = pwd.struct_passwd(("root", "x", 0, 0, "", str(tmp_path / "root"), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: record)
    monkeypatch.delenv("AIRSTRIP_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path


def test_root_uses_no_home_of_another(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sudo hands over the caller's HOME on some systems."""
    of_root = homes / "root/.cache/airstrip"
    monkeypatch.setenv("HOME", str(homes / "someone"))
    assert cache_dir() == of_root
    # What does not exist yet is judged by what is above it.
    monkeypatch.setenv("HOME", str(homes / "someone/new/home"))
    assert cache_dir() == of_root
    monkeypatch.setenv("HOME", str(homes / "new/home"))
    assert cache_dir() == homes / "new/home/.cache/airstrip"
    monkeypatch.setenv("XDG_CACHE_HOME", str(homes / "someone"))
    assert cache_dir() == homes / "new/home/.cache/airstrip"
    monkeypatch.setenv("XDG_CACHE_HOME", str(homes / "root/cache"))
    assert cache_dir() == homes / "root/cache/airstrip"


def test_a_user_s_home_is_their_own_affair(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.setenv("HOME", str(homes / "someone"))
    assert cache_dir() == homes / "someone/.cache/airstrip"


def test_relative_folders_mean_nothing(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "home")
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache_dir() == homes / "root/.cache/airstrip"


def test_a_folder_that_was_named_is_taken_whoever_owns_it(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(homes / "someone"))
    assert cache_dir() == homes / "someone"


def test_without_a_home_it_says_what_to_set(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(UsageError) as caught:
        cache_dir()
    assert caught.value.code == "usage.no-home"
