"""Where programs are looked for, in which order, and what a broken place does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.embedded.binaries import find_binaries, search
from airstrip.embedded.binaries.folder import FILES, Versions, read_folder, write_manifest
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.errors import NodeError

_VERSIONS = Versions("1.35.4", "3.6.7", "1.14.0", "2.2.9", "1.5.2", "1.9.1", "1.26.8")


def _fill(folder: Path, key: str) -> Path:
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).touch(mode=0o755)
    write_manifest(folder, _VERSIONS, key)
    return folder


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRSTRIP_NODE_BIN", raising=False)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Holds a build of the clone's sources."""
    sources = find_sources()
    assert sources is not None
    _fill(search.cached_folder(tmp_path / "cache", sources), "cached")
    return tmp_path / "cache"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed airstrip_node."""
    package = tmp_path / "site" / "airstrip_node"
    _fill(package / "bin", "wheel")
    (package / "__init__.py").write_text(
        "from pathlib import Path\ndef bin_dir(): return Path(__file__).parent / 'bin'\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    yield package
    sys.modules.pop("airstrip_node", None)


def _key(cache: Path) -> str:
    found = find_binaries(cache)
    assert found is not None
    return found.key


def test_nothing_anywhere(tmp_path: Path) -> None:
    assert find_binaries(tmp_path) is None


def test_cache(cache: Path) -> None:
    assert _key(cache) == "cached"


@pytest.mark.usefixtures("wheel")
def test_wheel_goes_before_cache(cache: Path) -> None:
    assert _key(cache) == "wheel"


@pytest.mark.usefixtures("wheel")
def test_variable_goes_before_all(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_NODE_BIN", str(_fill(tmp_path / "mine", "mine")))
    assert _key(cache) == "mine"


def test_no_clone_no_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "find_sources", lambda: None)
    assert find_binaries(cache) is None


def test_variable_that_names_too_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _fill(tmp_path / "mine", "mine")
    (folder / "runc").unlink()
    (folder / "ctr").chmod(0o644)
    monkeypatch.setenv("AIRSTRIP_NODE_BIN", str(folder))
    with pytest.raises(NodeError, match=r"no executable ctr, runc$"):
        find_binaries(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"key": "x", "versions": {"kubernetes": "1"}}', "[]"])
def test_manifest_that_says_nothing(tmp_path: Path, text: str) -> None:
    folder = _fill(tmp_path / "mine", "mine")
    (folder / "build.json").write_text(text)
    with pytest.raises(NodeError) as caught:
        read_folder(folder)
    assert caught.value.code == "node.binaries-unknown"


def test_programs_by_name(tmp_path: Path) -> None:
    found = read_folder(_fill(tmp_path / "mine", "mine"))
    assert found.argv("kubelet") == (str(tmp_path / "mine" / "airstrip-node"), "kubelet")
    assert found.argv("containerd") == (str(tmp_path / "mine" / "containerd"),)
    assert found.to_dict()["key"] == "mine"
