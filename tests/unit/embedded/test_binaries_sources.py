"""go.mod as the one place of versions, the recipe, and the hash that the cache is keyed by."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from airstrip.embedded.binaries import recipe
from airstrip.embedded.binaries.folder import FILES, NODE
from airstrip.embedded.binaries.gomod import parse_go_version, read_go_mod
from airstrip.embedded.binaries.recipe import Sources, find_sources, read_sources
from airstrip.embedded.binaries.toolchain import pinned_version
from airstrip.errors import NodeError


@pytest.fixture
def sources() -> Sources:
    found = find_sources()
    assert found is not None
    return found


@pytest.fixture
def copy(sources: Sources, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sources.folder, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.26.8", (1, 26, 8)), ("1.26", (1, 26, 0)), ("1.27rc1", (1, 27, 0)), ("1", (1, 0, 0))],
)
def test_go_version(text: str, version: tuple[int, int, int]) -> None:
    assert parse_go_version(text) == version


def test_go_mod_in_blocks_and_lines(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(
        "module x\n\ngo 1.25.0 // why\n\nrequire a.b/c v1.2.3 // indirect\n"
        "require (\n\td.e/f/v2 v2.0.1\n)\ntool d.e/f/v2/cmd/g\ntool (\n\ta.b/c/h\n)\n"
        "replace (\n\ta.b/c => a.b/c v9.9.9\n)\n"
    )
    module = read_go_mod(tmp_path / "go.mod")
    assert module.go == (1, 25, 0)
    assert module.requires == {"a.b/c": "v1.2.3", "d.e/f/v2": "v2.0.1"}
    assert module.tools == ("d.e/f/v2/cmd/g", "a.b/c/h")


def test_kubernetes_modules_have_one_version(sources: Sources) -> None:
    """Kubernetes v1.X.Y is made of modules v0.X.Y; Go has no way to say that once."""
    text = (sources.folder / "go.mod").read_text()
    replaced = {line.split()[-1] for line in text.splitlines() if "=>" in line}
    assert replaced == {"v0." + sources.versions("").kubernetes.removeprefix("1.")}


def test_builds_make_every_file(sources: Sources) -> None:
    made = {"pause"}
    for build in sources.builds():
        made |= {NODE if package == "." else package.rpartition("/")[2] for package in build.packages}
    assert made == set(FILES)


def test_installed_go_fits_the_modules(sources: Sources) -> None:
    assert parse_go_version(pinned_version(sources)) >= sources.oldest_go


def test_kubernetes_learns_its_version(sources: Sources) -> None:
    (node,) = (build for build in sources.builds() if build.name == "node")
    ldflags = node.build_arguments("OUT")[node.build_arguments("OUT").index("-ldflags") + 1]
    version = sources.versions("").kubernetes
    assert f".gitVersion=v{version} " in ldflags
    assert f".gitMinor={version.split('.')[1]} " in ldflags


def test_builds_ignore_the_callers_settings(sources: Sources) -> None:
    for build in sources.builds():
        assert build.environment["GOTOOLCHAIN"] == "local"
        assert build.environment["GOFLAGS"] == "-mod=readonly"
        assert not {"GOPROXY", "GOSUMDB", "GOPRIVATE"} & set(build.environment)


def test_key_is_of_the_content_only(sources: Sources, copy: Path) -> None:
    (copy / "README.md").write_text("Other words.")
    (copy / "main_test.go").write_text("package main")
    assert read_sources(copy).key() == sources.key()


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "runc/go.sum", "main.go", "pause/pause.c"])
def test_key_changes_with(sources: Sources, copy: Path, name: str) -> None:
    with (copy / name).open("a") as file:
        file.write("\n")
    assert read_sources(copy).key() != sources.key()


def test_key_changes_with_the_recipe(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources.key()
    monkeypatch.setattr(recipe, "_FLAGS", ("-race",))
    assert sources.key() != before


def test_unknown_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    with pytest.raises(NodeError, match="s390x"):
        recipe.go_architecture()
