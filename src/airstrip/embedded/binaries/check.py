"""What a build would need and what is there, without doing anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airstrip.answers import NodeCheckData
from airstrip.embedded import host_packages
from airstrip.embedded.binaries.folder import Binaries
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.embedded.binaries.search import find_binaries
from airstrip.embedded.binaries.space import Room, measure_room
from airstrip.embedded.binaries.toolchain import Go, accepted_versions, find_go, pinned_version
from airstrip.embedded.host_packages import HostPackage


@dataclass(frozen=True)
class BuildCheck:
    """`binaries` are those that would be used now; None means that a build is needed.

    `missing` is what the host lacks to build them (where that is needed), to run a node and to
    build images: `up` and `node build` install it. `go` is None where none fits: then the build
    installs `go_to_install`. `has_sources` is false for an installed package, which cannot build.
    """

    binaries: Binaries | None
    has_sources: bool
    go: Go | None
    go_accepted: str
    go_to_install: str
    missing: tuple[HostPackage, ...]
    rooms: tuple[Room, ...]

    @property
    def can_build(self) -> bool:
        return self.has_sources and not self.missing and all(room.is_enough for room in self.rooms)

    @property
    def ok(self) -> bool:
        """There are programs, or they can be made; and nothing lacks to use them."""
        return not self.missing and (self.binaries is not None or self.can_build)

    def to_dict(self) -> NodeCheckData:
        return {
            "ok": self.ok,
            "binaries": self.binaries.to_dict() if self.binaries else None,
            "hasSources": self.has_sources,
            "go": {"path": str(self.go.path), "version": self.go.version} if self.go else None,
            "goAccepted": self.go_accepted,
            "goToInstall": self.go_to_install,
            "missingPackages": [package.name for package in self.missing],
            "space": [
                {"folder": str(room.folder), "neededBytes": room.needed, "freeBytes": room.free} for room in self.rooms
            ],
        }


def check_build(cache: Path) -> BuildCheck:
    """`cache` is Airstrip's cache folder. Raises what `find_binaries` raises."""
    sources = find_sources()
    binaries = find_binaries(cache)
    go = find_go(cache, sources) if sources else None
    return BuildCheck(
        binaries=binaries,
        has_sources=sources is not None,
        go=go,
        go_accepted=accepted_versions(sources) if sources else "",
        go_to_install=pinned_version(sources) if sources else "",
        missing=missing_packages(binaries),
        rooms=tuple(measure_room(cache, go)),
    )


def missing_packages(binaries: Binaries | None) -> tuple[HostPackage, ...]:
    """What the host lacks for a landing, with `binaries` or, where there are none, with a build."""
    if binaries is not None:
        return host_packages.missing("node", "image")
    return host_packages.missing("build", "node", "image")
