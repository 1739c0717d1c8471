"""Building, with a go command that only pretends: one result or none, and errors that say what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from airstrip.embedded import host_packages
from airstrip.embedded.binaries import (
    Binaries,
    build_binaries,
    check_build,
    find_binaries,
    prune_binaries,
    space,
    toolchain,
)
from airstrip.embedded.binaries import build as build_module
from airstrip.embedded.binaries.folder import FILES
from airstrip.embedded.binaries.space import Room
from airstrip.errors import LockError, NodeError
from airstrip.events import Event, Notice, StepFinished, StepStarted, Warned
from airstrip.file_lock import file_lock

_KINDS: tuple[host_packages.Kind, ...] = ("build", "node", "image")


@dataclass
class Machine:
    """A cache, and the events of the builds into it."""

    cache: Path
    events: list[Event] = field(default_factory=list)

    def build(self, *, force: bool = False) -> Binaries:
        return build_binaries(self.cache, emit=self.events.append, force=force)

    @property
    def steps(self) -> list[str]:
        return [event.step for event in self.events if isinstance(event, StepStarted)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = Path(__file__).with_name("fake_go.sh").read_text()
    for name, text in {"go": fake, "gcc": '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done; cp "$0" "$2"\n'}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    modules = tmp_path / "modules"
    (modules / "sys" / "unix").mkdir(parents=True)
    (modules / "sys" / "LICENSE").write_text("Do as you like.")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_MODULES", str(modules))
    monkeypatch.delenv("AIRSTRIP_NODE_BIN", raising=False)
    monkeypatch.setattr(toolchain, "_USUAL_PLACE", "/nowhere/go")
    monkeypatch.setattr(host_packages, "missing", lambda *_kinds: ())
    monkeypatch.setattr(space, "measure_room", lambda cache, go: [Room(cache, 1, 2)])
    return Machine(tmp_path / "cache")


def test_result_is_complete_and_found_again(machine: Machine) -> None:
    assert find_binaries(machine.cache) is None
    built = machine.build()
    assert built == find_binaries(machine.cache) == machine.build()
    assert all(built.path(name).exists() for name in FILES)
    assert built.versions.go == "1.26.8"
    assert machine.steps == ["node.modules", "node.compile.runc", "node.compile.node"]
    assert not list(machine.cache.glob("node/building"))


def test_says_how_long_it_takes_before_it_begins(machine: Machine) -> None:
    machine.build()
    assert isinstance(machine.events[0], Notice)
    assert "five to six minutes on two cores" in machine.events[0].message


def test_progress_counts_packages(machine: Machine) -> None:
    machine.build()
    notes = {event.step: event.note for event in machine.events if isinstance(event, StepFinished)}
    assert notes["node.compile.node"] == "1 packages"


def test_licences_lie_beside_the_programs(machine: Machine) -> None:
    licences = machine.build().licences
    assert (licences / "golang.org/x/sys@v0.1.0/LICENSE").read_text() == "Do as you like."
    assert (licences / "go/LICENSE").is_file()


def test_warns_of_a_module_without_licence(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "modules" / "sys" / "LICENSE").unlink()
    machine.build()
    (warning,) = [event for event in machine.events if isinstance(event, Warned)]
    assert "golang.org/x/sys@v0.1.0" in warning.message


def test_force_builds_again(machine: Machine) -> None:
    built = machine.build()
    built.path("runc").write_text("changed by hand")
    assert machine.build(force=True).path("runc").read_text() != "changed by hand"


def test_build_that_lost_a_file_is_made_again(machine: Machine) -> None:
    machine.build().path("runc").unlink()
    assert find_binaries(machine.cache) is None
    assert machine.build().path("runc").exists()


def test_what_an_interrupted_build_left_is_swept(machine: Machine) -> None:
    left = machine.cache / "node" / "building" / "out"
    left.mkdir(parents=True)
    (left / "stray").touch()
    assert not machine.build().path("stray").exists()


def test_failed_compilation_shows_the_compilers_words(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_FAILS", "build")
    with pytest.raises(NodeError) as caught:
        machine.build()
    assert caught.value.code == "node.compile"
    assert caught.value.details == "# example.org/broken\nbroken.go:1:1: it does not compile"
    assert find_binaries(machine.cache) is None


def test_modules_that_do_not_come(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_FAILS", "list")
    with pytest.raises(NodeError) as caught:
        machine.build()
    assert caught.value.code == "node.modules"
    assert "GOPROXY" in caught.value.cause


def test_only_one_build_at_a_time(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip.file_lock._WAIT_SECONDS", 0.2)
    with file_lock(machine.cache / "node" / "build.lock", "x"), pytest.raises(LockError, match="node's programs"):
        machine.build()


def test_full_disk_is_seen_before_any_work(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "measure_room", lambda cache, go: [Room(cache, 5 << 30, 1 << 30)])
    with pytest.raises(NodeError, match=r"1\.0 GiB are free.*5\.0 GiB"):
        machine.build()
    assert not machine.events


def test_missing_packages_are_seen_before_any_work(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = host_packages.HostPackage("libseccomp-dev", "build", "filters")
    monkeypatch.setattr(host_packages, "missing", lambda *_kinds: (lacking,))
    with pytest.raises(NodeError, match="libseccomp-dev"):
        machine.build()
    assert not machine.events


def test_without_a_clone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "find_sources", lambda: None)
    with pytest.raises(NodeError) as caught:
        machine.build()
    assert caught.value.code == "node.no-sources"
    assert "airstrip-node" in caught.value.fix


def test_prune_keeps_what_is_in_use(machine: Machine) -> None:
    built = machine.build()
    old = machine.cache / "node" / "0123456789"
    old.mkdir()
    assert prune_binaries(machine.cache) == [old]
    assert built == find_binaries(machine.cache)


@pytest.mark.parametrize("version", ["1.19.8", "1.99.0"])
def test_go_that_does_not_fit_is_not_taken(machine: Machine, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", version)
    check = check_build(machine.cache)
    assert check.go is None
    assert check.can_build
    assert check.go_to_install in check.to_dict()["goToInstall"]


def test_go_that_cannot_be_installed(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("AIRSTRIP_UV", str(uv))
    monkeypatch.setenv("FAKE_GO_VERSION", "1.19.8")
    with pytest.raises(NodeError) as caught:
        machine.build()
    assert caught.value.code == "node.no-go"
    assert caught.value.details == "no network"


def test_check_says_what_is_there(machine: Machine) -> None:
    before = check_build(machine.cache)
    assert (before.ok, before.binaries, before.has_sources) == (True, None, True)
    assert before.go is not None
    assert before.go.version == "1.26.8"
    machine.build()
    assert check_build(machine.cache).binaries is not None


def test_check_names_what_a_landing_needs_beside_the_build(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`up` and `node build` install these too, so a check that is silent about them would mislead."""
    packages = {kind: host_packages.HostPackage(f"{kind}-package", kind, "x") for kind in _KINDS}
    monkeypatch.setattr(host_packages, "missing", lambda *kinds: tuple(packages[kind] for kind in kinds))
    check = check_build(machine.cache)
    assert check.to_dict()["missingPackages"] == ["build-package", "node-package", "image-package"]
    assert not check.ok


def test_check_with_programs_there_asks_for_no_compiler(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.build()
    monkeypatch.setattr(
        host_packages, "missing", lambda *kinds: tuple(host_packages.HostPackage(kind, kind, "x") for kind in kinds)
    )
    check = check_build(machine.cache)
    assert [package.name for package in check.missing] == ["node", "image"]
    assert not check.ok
