"""Where built programs may be: a folder that the user names, an installed wheel, the cache."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from pathlib import Path

from airstrip.embedded.binaries.folder import Binaries, read_folder
from airstrip.embedded.binaries.recipe import Sources, find_sources
from airstrip.errors import NodeError
from airstrip.file_lock import file_lock

_WHEEL = "airstrip_node"


def find_binaries(cache: Path) -> Binaries | None:
    """The first of AIRSTRIP_NODE_BIN, the airstrip-node wheel and the cache; None where all lack.

    `cache` is Airstrip's cache folder. Raises NodeError when AIRSTRIP_NODE_BIN or the wheel is
    there but not complete: it was wanted, so nothing else is taken silently.
    """
    if named := os.environ.get("AIRSTRIP_NODE_BIN"):
        return read_folder(Path(named).absolute())
    if importlib.util.find_spec(_WHEEL):
        return read_folder(importlib.import_module(_WHEEL).bin_dir())
    sources = find_sources()
    return find_cached(cache, sources) if sources else None


def find_cached(cache: Path, sources: Sources) -> Binaries | None:
    """What an earlier build of exactly these sources left."""
    folder = cached_folder(cache, sources)
    if not folder.is_dir():
        return None
    try:
        return read_folder(folder)
    except NodeError:
        return None  # someone took a file away: it is built again


def cached_folder(cache: Path, sources: Sources) -> Path:
    return builds_folder(cache) / sources.key()


def builds_folder(cache: Path) -> Path:
    return cache / "node"


def prune_binaries(cache: Path) -> list[Path]:
    """Deletes cached builds of other sources and what interrupted ones left; returns them.

    Raises LockError while a build is under way.
    """
    folder = builds_folder(cache)
    if not folder.is_dir():
        return []
    with file_lock(folder / "build.lock", "the node's programs"):
        sources = find_sources()
        kept = cached_folder(cache, sources) if sources else None
        stale = [path for path in sorted(folder.glob("*/")) if path != kept]
        for path in stale:
            shutil.rmtree(path)
    return stale
