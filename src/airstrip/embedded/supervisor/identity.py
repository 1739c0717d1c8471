"""Which process is meant: a pid together with its start time, because pids come again."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """`started` is in clock ticks since the boot named by `boot`."""

    pid: int
    started: int
    boot: str

    @property
    def alive(self) -> bool:
        """False for a zombie too: it holds nothing any more."""
        state = _state_and_start(self.pid)
        return state is not None and state[0] not in "ZX" and state[1] == self.started and self.boot == boot_id()

    def send(self, number: int) -> None:
        """Signals the process; no effect when it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.alive:
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)

    def wait(self, timeout: float) -> bool:
        """Whether it was gone within `timeout` seconds."""
        end = time.monotonic() + timeout
        while self.alive:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
        return True


def identify(pid: int) -> Process:
    """Raises ProcessLookupError when there is no such process."""
    state = _state_and_start(pid)
    if state is None:
        raise ProcessLookupError(pid)
    return Process(pid, state[1], boot_id())


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _state_and_start(pid: int) -> tuple[str, int] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])
