"""Where a deployment's files lie on this machine, and the variables that move them (docs: contract)."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir(name: str) -> Path:
    """What outlives a stop: etcd, volumes, certificates. `AIRSTRIP_STATE_DIR` moves the parent."""
    return Path(os.environ.get("AIRSTRIP_STATE_DIR") or "/var/lib/airstrip") / name


def run_dir(name: str) -> Path:
    """Sockets and locks, gone after a reboot. `AIRSTRIP_RUN_DIR` moves the parent."""
    return Path(os.environ.get("AIRSTRIP_RUN_DIR") or "/run/airstrip") / name


def lock_file(name: str) -> Path:
    """Held by whichever verb changes the deployment; beside the run folder, which comes and goes."""
    return run_dir(name).with_name(f"{name}.lock")


def cache_dir() -> Path:
    """What can be made again: binaries and images. `AIRSTRIP_CACHE_DIR` moves it."""
    if moved := os.environ.get("AIRSTRIP_CACHE_DIR"):
        return Path(moved)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "airstrip"
