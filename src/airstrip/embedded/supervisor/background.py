"""Out of the foreground: a keeper outlives the command, the terminal and the session that started it."""

from __future__ import annotations

import os
from pathlib import Path

from . import logs


def enter(log: Path) -> None:
    """Leaves the terminal, the session and the caller; all output goes to `log`."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o022)
    source = os.open(os.devnull, os.O_RDONLY)
    sink = logs.open_log(log.parent, log.stem)
    for target, descriptor in ((0, source), (1, sink), (2, sink)):
        os.dup2(descriptor, target)
