"""The node's own links to its programs: a cache that is emptied, or a newer build, does not break it.

The runtime starts some of them (runc, the network plugins) for each pod anew.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from airstrip.embedded.binaries.folder import MANIFEST
from airstrip.embedded.config import NodeConfig
from airstrip.errors import NodeError

PROGRAMS = (
    "airstrip-node",
    "bridge",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "host-local",
    "loopback",
    "pause",
    "portmap",
    "runc",
)


def fingerprint(folder: Path) -> str:
    """Changes with every build: each program's size in bytes and time of change in nanoseconds.

    Raises NodeError when one is missing.
    """
    return " ".join(_line(folder / name) for name in PROGRAMS)


def bytes_to_copy(config: NodeConfig) -> int:
    """What `ensure_programs` would put on the disk: nothing where it links."""
    folder = next(path for path in (config.programs_dir, *config.programs_dir.parents) if path.exists())
    sources = [config.binaries_dir / name for name in PROGRAMS if not (config.programs_dir / name).exists()]
    return sum(source.stat().st_size for source in sources if not _may_link(source, folder))


def ensure_programs(config: NodeConfig) -> None:
    """Links the programs into the state folder, or copies them where it is on another file system."""
    config.programs_dir.mkdir(mode=0o755, exist_ok=True)
    for name in PROGRAMS:
        source, target = config.binaries_dir / name, config.programs_dir / name
        if not target.exists() or _line(source) != _line(target):
            _replace(source, target)
    # What the programs say of themselves goes with them; a build that says nothing runs too.
    if (config.binaries_dir / MANIFEST).exists():
        shutil.copyfile(config.binaries_dir / MANIFEST, config.programs_dir / MANIFEST)
    else:
        (config.programs_dir / MANIFEST).unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    if _may_link(source, target.parent):
        os.link(source, temporary)
    else:
        shutil.copy2(source, temporary)
    temporary.replace(target)


def _may_link(source: Path, folder: Path) -> bool:
    """Root starts the programs, so a file that someone else could still change is copied."""
    facts = source.stat()
    return facts.st_uid == os.geteuid() and facts.st_dev == folder.stat().st_dev


def _line(path: Path) -> str:
    try:
        facts = path.stat()
    except OSError as error:
        raise NodeError(
            "node.no-binaries",
            f"{path.name}, one of the node's programs, is not in {path.parent}",
            cause=str(error.strerror),
            fix="Build them, as root or with sudo: airstrip node build",
        ) from error
    return f"{path.name}:{facts.st_size}:{facts.st_mtime_ns}"
