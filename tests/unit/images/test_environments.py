"""Environments of `dev` that nobody needs go with old images; one in use stays, and one that went is made anew."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

import pytest

from airstrip.events import discard
from airstrip.images import AirflowImageRequest, find_virtual_environment, prune_images, virtual_environment
from airstrip.images.environments import prune_environments
from airstrip.images.requirements import PYTHON

DEFAULT = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "fab", "postgres"))
# In place of uv: an environment without packages, in whose place the real one would take a network.
UV = """#!/bin/sh
case "$1" in
venv)
    for folder in "$@"; do :; done
    mkdir -p "$folder/bin" "$folder/lib/python{minor}/site-packages"
    ln -s {python} "$folder/bin/python"
    echo made >>{log} ;;
esac
"""


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    script = tmp_path / "uv"
    script.write_text(UV.format(minor=PYTHON, python=sys.executable, log=tmp_path / "log"))
    script.chmod(0o755)
    return script


def another(cache: Path) -> Path:
    """Of another lock: 5 bytes of its own, and a file that uv's cache has too."""
    folder = cache / "dev" / "another"
    folder.mkdir(parents=True)
    (folder / "own").write_bytes(b"12345")
    (cache / "shared").write_bytes(b"123")
    os.link(cache / "shared", folder / "shared")
    (cache / "dev" / "another.ok").touch()
    return folder


def test_the_deployments_own_stays_and_others_go(tmp_path: Path, uv: Path) -> None:
    cache = tmp_path / "cache"
    with virtual_environment(DEFAULT, cache, uv, discard) as own:
        pass
    assert (own.site_packages / "airstrip_pods" / "__init__.py").is_file(), "as the image has it"
    folder = another(cache)
    (cache / "dev" / "airflow-3.3.2.db").touch()
    (cache / "dev" / "cut-off").mkdir()
    assert prune_environments(cache, own) == 5
    assert not folder.exists()
    names = {own.folder.name, f"{own.folder.name}.ok", "airflow-3.3.2.db"}
    assert {path.name for path in (cache / "dev").iterdir()} == names
    assert find_virtual_environment(DEFAULT, cache) == own


def test_one_in_use_stays_until_its_end(tmp_path: Path, uv: Path) -> None:
    cache = tmp_path / "cache"
    another(cache)
    (cache / "dev" / "airflow-3.3.2.db").touch()
    with virtual_environment(DEFAULT, cache, uv, discard) as own:
        prune_images(cache, [], discard)
        assert find_virtual_environment(DEFAULT, cache) == own
        assert (cache / "dev" / "airflow-3.3.2.db").exists(), "somebody may be copying it"
        assert not (cache / "dev" / "another").exists()
    prune_images(cache, [], discard)
    assert find_virtual_environment(DEFAULT, cache) is None
    assert list((cache / "dev").iterdir()) == []


def test_one_that_was_pruned_after_it_was_found_is_made_anew(
    tmp_path: Path, uv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, lock = tmp_path / "cache", fcntl.flock
    with virtual_environment(DEFAULT, cache, uv, discard):
        pass

    def prune_first(file: int, how: int) -> None:
        """As when a prune has the lock, and goes on to its end while we wait."""
        if how == fcntl.LOCK_SH and (tmp_path / "log").read_text().count("made") == 1:
            monkeypatch.setattr(fcntl, "flock", lock)
            prune_environments(cache, None)
            monkeypatch.setattr(fcntl, "flock", prune_first)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", prune_first)
    with virtual_environment(DEFAULT, cache, uv, discard) as environment:
        assert environment.python.exists()
    assert (tmp_path / "log").read_text().count("made") == 2


def test_one_that_was_cut_off_never_counts_as_whole(tmp_path: Path, uv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    with virtual_environment(DEFAULT, cache, uv, discard) as environment:
        pass
    environment.folder.with_suffix(".ok").unlink()

    def look(_: Path) -> None:
        """As whoever looks, or kills us, before all is gone."""
        assert find_virtual_environment(DEFAULT, cache) is None
        raise KeyboardInterrupt

    monkeypatch.setattr("airstrip.images.environments.remove_tree", look)
    with pytest.raises(KeyboardInterrupt):
        prune_environments(cache, None)
    assert find_virtual_environment(DEFAULT, cache) is None


def test_a_cache_without_environments(tmp_path: Path) -> None:
    assert prune_environments(tmp_path, None) == 0
