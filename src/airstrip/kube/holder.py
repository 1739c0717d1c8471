"""Who holds a lock: this process, in words that another process can check."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_UNKNOWN = "-"


@dataclass(frozen=True)
class Holder:
    """A process on a host. `started` is in clock ticks since boot; `space` names the running kernel and pid
    namespace, so two machines of the same name, or two containers, are not mistaken for each other.
    """

    host: str
    pid: int
    started: str
    space: str

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.started}/{self.space}"

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """None for an identity that we did not write."""
        parts = text.split("/")
        if len(parts) != 4 or not parts[1].isdigit():
            return None
        return cls(parts[0], int(parts[1]), parts[2], parts[3])

    @classmethod
    def this_process(cls) -> Holder:
        host = socket.gethostname().replace("/", "_")
        return cls(host, os.getpid(), _start_time(os.getpid()) or _UNKNOWN, _space())

    @property
    def is_dead(self) -> bool:
        """True only where we can tell: the same kernel and pid namespace, and that process is not there."""
        if self.space == _UNKNOWN or self.space != _space():
            return False
        return _start_time(self.pid) != self.started


def _space() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        inode = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return _UNKNOWN
    return f"{boot}:{inode}"


def _start_time(pid: int) -> str | None:
    """None when there is no such process; a zombie holds nothing any more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
