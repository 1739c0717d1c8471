"""The containers' first processes, found through their pid namespaces."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def first_processes() -> list[int]:
    """Pids of the processes that are pid 1 of a namespace below ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != "1" and _is_first(entry):
            found.append(int(entry.name))
    return found


def signal_all(number: signal.Signals) -> int:
    """Sends a signal to every container; returns how many there are."""
    pids = first_processes()
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    return len(pids)


def _is_first(process: Path) -> bool:
    try:
        status = (process / "status").read_text()
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("State:") and "Z" in line.split()[1]:
            return False
        if line.startswith("NSpid:"):
            pids = line.split()[1:]
            return len(pids) > 1 and pids[-1] == "1"
    return False
