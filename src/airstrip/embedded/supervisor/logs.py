"""Each component's log in the state folder, bounded: the current file and one before it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LIMIT = 8 * 1024 * 1024


def open_log(folder: Path, name: str) -> int:
    """A descriptor for appending; what an earlier start wrote moves to `NAME.log.1`."""
    path = folder / f"{name}.log"
    if path.exists():
        path.replace(folder / f"{name}.log.1")
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def trim(folder: Path, limit: int = LIMIT) -> None:
    """Empties logs that grew beyond `limit` bytes, after copying them aside.

    The writers keep their descriptors (opened for appending), so the file itself must stay.
    """
    for path in folder.glob("*.log"):
        if path.stat().st_size > limit:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)
