"""Room on disk for a build, looked at before it begins."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from airstrip.embedded.binaries.caches import go_folders
from airstrip.embedded.binaries.toolchain import Go
from airstrip.errors import NodeError

GIB = 1 << 30

# Somewhat more than was measured (docs/benchmarks.md): the result and the linker's scratch; Go's
# modules; its compiled packages.
_RESULT = GIB // 2
_MODULES = GIB
_COMPILED = 3 * GIB


@dataclass(frozen=True)
class Room:
    """A folder that the build writes into, with the bytes that it may need and that are free."""

    folder: Path
    needed: int
    free: int

    @property
    def is_enough(self) -> bool:
        return self.free >= self.needed


def measure_room(cache: Path, go: Go | None) -> list[Room]:
    """One entry for each file system that a build with `go` writes into, with all that it puts there."""
    modules, compiled = go_folders(cache, go)
    rooms: dict[int, Room] = {}
    for folder, needed in ((cache, _RESULT), (modules, _MODULES), (compiled, _COMPILED)):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        device = existing.stat().st_dev
        room = rooms.get(device) or Room(existing, 0, shutil.disk_usage(existing).free)
        rooms[device] = replace(room, needed=room.needed + needed)
    return list(rooms.values())


def require_space(cache: Path, go: Go | None) -> None:
    """Raises NodeError where a file system is too full for a build from nothing."""
    for room in measure_room(cache, go):
        if not room.is_enough:
            raise NodeError(
                "node.no-space",
                f"too little room at {room.folder}: {room.free / GIB:.1f} GiB are free, "
                f"compiling may need {room.needed / GIB:.1f} GiB",
                cause="Go's modules, what it compiles, and the result all need room.",
                fix="Free some, or move the caches: AIRSTRIP_CACHE_DIR, and Go's GOCACHE and GOMODCACHE.",
            )
