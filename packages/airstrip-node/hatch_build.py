"""Packs the folder that AIRSTRIP_NODE_BIN names into the wheel, after looking at what it packs."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_MACHINES = {62: "x86_64", 183: "aarch64"}
_DYNAMIC_LINKER = 3  # PT_INTERP


class NodeBuildHook(BuildHookInterface[Any]):
    """Refuses what must not be given to others: programs that need the C library of the machine
    they were compiled on, and programs without the licences of what is in them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            raise SystemExit("airstrip-node cannot be installed editable: set AIRSTRIP_NODE_BIN instead")
        folder = Path(os.environ.get("AIRSTRIP_NODE_BIN", ""))
        if not (folder / "build.json").is_file():
            raise SystemExit("AIRSTRIP_NODE_BIN must name the folder that `airstrip node build` prints")
        programs = sorted(path for path in folder.iterdir() if os.access(path, os.X_OK) and path.is_file())
        machines = {machine_of(program) for program in programs}
        if len(machines) != 1:
            raise SystemExit(f"the programs are for different machines: {sorted(machines)}")
        require_licences(folder / "licences")
        # Static programs run on any C library: the oldest tag that every installer takes, and musl's.
        machine = machines.pop()
        build_data["tag"] = f"py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}"
        build_data["pure_python"] = False
        build_data["force_include"][str(folder)] = "airstrip_node/bin"


def machine_of(program: Path) -> str:
    """The machine that a static ELF program is for; ends the build for any other file."""
    head = program.read_bytes()[:4096]
    if head[:6] != b"\x7fELF\x02\x01":
        raise SystemExit(f"{program} is not a 64-bit little-endian ELF program")
    (table,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    kinds = {struct.unpack_from("<I", head, table + size * index)[0] for index in range(count)}
    if _DYNAMIC_LINKER in kinds:
        raise SystemExit(f"{program} is linked dynamically")
    (machine,) = struct.unpack_from("<H", head, 18)
    return _MACHINES[machine]


def require_licences(folder: Path) -> None:
    """Every module's folder holds a text; the build makes an empty one where it found none."""
    if not folder.is_dir():
        raise SystemExit(f"there is no {folder}")
    lacking = [path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())]
    if lacking:
        raise SystemExit(f"no licence text in {', '.join(str(path) for path in sorted(lacking))}")
