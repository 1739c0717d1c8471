"""Where Go puts what it downloads and compiles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airstrip.embedded.binaries.caches import go_environment, go_folders
from airstrip.embedded.binaries.toolchain import Go

OWN = Go(Path("/usr/bin/go"), "1.26.8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GOCACHE", "GOMODCACHE", "GOPATH", "GOENV", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def ours(cache: Path) -> Go:
    return Go(cache / "go" / "1.26.6" / "go" / "bin" / "go", "1.26.6")


def test_the_users_own_go_keeps_its_places(home: Path, tmp_path: Path) -> None:
    assert go_environment(tmp_path / "cache", OWN) == {}


@pytest.mark.parametrize("installed", [True, False])
def test_the_go_that_we_install_writes_into_our_cache_only(home: Path, tmp_path: Path, installed: bool) -> None:
    cache = tmp_path / "cache"
    environment = go_environment(cache, ours(cache) if installed else None)
    for name in ("GOCACHE", "GOMODCACHE", "XDG_CONFIG_HOME"):
        assert Path(str(environment[name])).is_relative_to(cache), name
    # The user's settings (GOPROXY and such) are still read.
    assert environment["GOENV"] == str(home / ".config" / "go" / "env")


def test_what_the_user_has_set_counts(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("GOCACHE", "/large/compiled")
    monkeypatch.setenv("GOPATH", "/large/go")
    environment = go_environment(cache, ours(cache))
    assert not {"GOCACHE", "GOMODCACHE"} & environment.keys()
    assert go_folders(cache, None) == (Path("/large/go/pkg/mod"), Path("/large/compiled"))


def test_a_home_of_another_user_is_left_alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 1)
    cache = tmp_path / "cache"
    assert go_environment(cache, OWN)["HOME"] == str(cache / "go-home")
    modules, compiled = go_folders(cache, None)
    assert modules.is_relative_to(cache)
    assert compiled.is_relative_to(cache)


def test_the_go_command_is_asked_where_there_is_one(home: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\nprintf '/a\\n/b\\n'\n")
    go.chmod(0o755)
    assert go_folders(tmp_path / "cache", Go(go, "1.26.8")) == (Path("/a"), Path("/b"))
