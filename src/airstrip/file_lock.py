"""One Airstrip at a time on a deployment, also before there is a cluster that could hold a Lease.

The kernel frees the lock when its process ends, however it ends, so it cannot go stale.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airstrip.errors import LockError

_WAIT_SECONDS = 2.0


@contextmanager
def file_lock(path: Path, deployment: str) -> Iterator[None]:
    """Holds `path` locked. Raises LockError, naming the holder, when another keeps it for two seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _acquire(file.fileno(), path, deployment)
        file.seek(0)
        file.truncate()
        file.write(f"pid {os.getpid()}\n")
        file.flush()
        yield


def _acquire(descriptor: int, path: Path, deployment: str) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                break
        time.sleep(0.1)
    raise LockError(
        "lock.held",
        f"another Airstrip is at work on {deployment}",
        cause=f"{path} is locked by {path.read_text().strip() or 'a process that just began'}.",
        fix="Wait for it to end, or interrupt it with Ctrl-C, then run this again.",
    )
