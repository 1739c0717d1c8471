"""The lock on a node's state: one keeper at a time, found also before it has written anything else.

The keeper takes it before it makes anything; who ends a node takes it before removing anything. The
kernel frees it when its holder ends, however it ends, so it cannot go stale.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from .identity import Process, identify

FILE = "keeper.lock"


def take(state_dir: Path, timeout: float) -> int | None:
    """A descriptor that holds the lock until it and its copies are closed; signed by nobody yet.

    None when another process kept it for `timeout` seconds, or has removed the state.
    """
    path = state_dir / FILE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    end = time.monotonic() + timeout
    while not _locked(descriptor):
        if time.monotonic() >= end:
            os.close(descriptor)
            return None
        time.sleep(0.05)
    if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.stat()):
        os.close(descriptor)
        return None
    os.fchmod(descriptor, 0o644)
    os.ftruncate(descriptor, 0)
    return descriptor


def sign(descriptor: int) -> None:
    """Says in the lock that its holder is this process, a keeper."""
    os.pwrite(descriptor, json.dumps(asdict(identify(os.getpid()))).encode(), 0)


def keeper(state_dir: Path) -> Process | None:
    """The keeper that signed the lock last, alive or not; None where none has since it was taken."""
    try:
        return Process(**json.loads((state_dir / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
