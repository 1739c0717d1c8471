"""What this machine and its node say of themselves, for diagnosis. Changes nothing, and needs no root."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator

from airstrip.embedded import EVICTION_MIB, NodeConfig, host_packages, log_tail
from airstrip.paths import cache_dir
from airstrip.place import DiskFact, FolderFact, PartFact, PlaceFact
from airstrip.spec import Spec
from airstrip.targets.dags_folder import closed_dags, is_writable
from airstrip.targets.local.node import LocalNode
from airstrip.targets.local.spec import LocalSpec

_MIB = 1 << 20
_SPARE_MIB = 500
"""What should be free beyond that with which the node runs no pods any more."""


def local_facts(spec: Spec, node: LocalNode) -> PlaceFact:
    """Raises NodeError `node.not-yours` where the node's folders are closed to us."""
    config, status = node.config(), node.status()
    return PlaceFact(
        place=LocalSpec.place,
        state=status.state,
        parts=tuple(
            PartFact(name, part.state, part.restarts, _log(config, name) if part.state == "failing" else ())
            for name, part in status.components.items()
        ),
        disks=tuple(_disks(config)),
        folders=tuple(_folders(spec, config)),
        lacks=tuple(f"{package.name} ({package.purpose})" for package in host_packages.missing("node")),
    )


def _log(config: NodeConfig, part: str) -> tuple[str, ...]:
    return tuple(log_tail(config, part).splitlines())


def _disks(config: NodeConfig) -> Iterator[DiskFact]:
    for purpose, folder, needed in (
        ("the node's state", config.state_dir, EVICTION_MIB + _SPARE_MIB),
        ("the cache of images and programs", cache_dir(), _SPARE_MIB),
    ):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        usage = shutil.disk_usage(existing)
        yield DiskFact(purpose, str(existing), usage.free, usage.total, needed * _MIB)


def _folders(spec: Spec, config: NodeConfig) -> Iterator[FolderFact]:
    if spec.dags.live_folder is not None:
        yield FolderFact("dags", str(spec.dags.live_folder), closed_dags(spec.dags.live_folder))
    logs = config.volumes_dir / "logs"
    try:
        mode = logs.stat()
    except OSError:
        # Not landed yet, or not ours to look at.
        return
    yield FolderFact("logs", str(logs), () if is_writable(mode) else (stat.filemode(mode.st_mode),))
