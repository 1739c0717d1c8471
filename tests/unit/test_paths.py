"""The variables that move a deployment's files."""

from __future__ import annotations

from pathlib import Path

import pytest

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
