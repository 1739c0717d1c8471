"""Pruning the cache while somebody builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip import file_lock
from airstrip.embedded.binaries import prune_binaries
from airstrip.embedded.binaries.search import builds_folder
from airstrip.errors import LockError


def test_build_under_way_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "_WAIT_SECONDS", 0.1)
    work = builds_folder(tmp_path) / "building"
    (work / "out").mkdir(parents=True)
    with file_lock.file_lock(builds_folder(tmp_path) / "build.lock", "the node's programs"), pytest.raises(LockError):
        prune_binaries(tmp_path)
    assert (work / "out").exists()
    assert prune_binaries(tmp_path) == [work]


def test_prune_of_no_cache_makes_none(tmp_path: Path) -> None:
    assert prune_binaries(tmp_path / "cache") == []
    assert not (tmp_path / "cache").exists()
