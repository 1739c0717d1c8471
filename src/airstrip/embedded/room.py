"""Room on the disk that holds a node's state: looked at before anything is written there."""

from __future__ import annotations

import shutil

from airstrip.embedded.config import NodeConfig
from airstrip.embedded.programs import bytes_to_copy
from airstrip.embedded.settings import EVICTION_MIB
from airstrip.errors import NodeError

MIB = 1 << 20

# What was measured of a node that has just started, and somewhat more: etcd keeps room for its log.
_FIRST_START = 200 * MIB
# An image lies there twice, as it came and unpacked, where small files fill whole blocks.
_IMPORT_FACTOR = 2.25


def require_room_to_start(config: NodeConfig) -> None:
    """Raises NodeError where a node could not start, or would be too short of disk to run any pod."""
    first = 0 if (config.state_dir / "etcd").exists() else _FIRST_START
    copied = bytes_to_copy(config)
    _require(config, first + copied, f"to start the node {config.name}")


def require_room_to_import(config: NodeConfig, size: int, reference: str) -> None:
    """Raises NodeError where an image of `size` bytes does not fit; a half that is left would fill the disk."""
    _require(config, round(size * _IMPORT_FACTOR), f"to import {reference.partition('@')[0]}")


def _require(config: NodeConfig, wanted: int, purpose: str) -> None:
    existing = next(path for path in (config.state_dir, *config.state_dir.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = wanted + EVICTION_MIB * MIB
    if free < needed:
        raise NodeError(
            "node.no-space",
            f"too little room at {existing}: {free // MIB} MiB are free, {purpose} takes {-(-needed // MIB)} MiB",
            cause=f"The node's state lies there, and with less than {EVICTION_MIB} MiB left it runs no pods.",
            fix="Free some, or name a folder on another disk in AIRSTRIP_STATE_DIR.",
        )
