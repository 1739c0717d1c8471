"""Where a deployment's files lie on this machine, and the variables that move them (docs: contract)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from airstrip.errors import UsageError

# The parents of state and run folders. They are Airstrip's alone, so they may go with the last deployment.
OWN_FOLDERS = (Path("/var/lib/airstrip"), Path("/run/airstrip"))


def state_dir(name: str) -> Path:
    """What outlives a stop: etcd, volumes, certificates. `AIRSTRIP_STATE_DIR` moves the parent."""
    return Path(os.environ.get("AIRSTRIP_STATE_DIR") or OWN_FOLDERS[0]) / name


def run_dir(name: str) -> Path:
    """Sockets and locks, gone after a reboot. `AIRSTRIP_RUN_DIR` moves the parent."""
    return Path(os.environ.get("AIRSTRIP_RUN_DIR") or OWN_FOLDERS[1]) / name


def lock_file(name: str) -> Path:
    """Held by whichever verb changes the deployment; beside the run folder, which comes and goes.

    Who is not root may not write there, and changes only what needs no root.
    """
    if os.geteuid() != 0 and not os.environ.get("AIRSTRIP_RUN_DIR"):
        return client_lock_file(name)
    return run_dir(name).with_name(f"{name}.lock")


def client_lock_file(name: str) -> Path:
    """That of a deployment in a cluster of others, which needs no root: a Lease keeps other machines out."""
    return cache_dir() / "locks" / f"{name}.lock"


def cache_dir() -> Path:
    """What can be made again: binaries and images. `AIRSTRIP_CACHE_DIR` moves it.

    As the launcher (scripts/bootstrap.sh) finds it: root never writes into a home that is not its
    own, nor runs programs from there. sudo hands the caller's over on some systems.
    """
    if moved := os.environ.get("AIRSTRIP_CACHE_DIR"):
        return Path(moved)
    return (_usable("XDG_CACHE_HOME") or _home() / ".cache") / "airstrip"


def _home() -> Path:
    if home := _usable("HOME"):
        return home
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        raise UsageError(
            "usage.no-home",
            "HOME is not set, and this user has no home",
            fix="Set HOME, or AIRSTRIP_CACHE_DIR to a folder of yours.",
        ) from None


def _usable(variable: str) -> Path | None:
    """The folder that a variable names: where it is a whole path, and for root only where root owns it.

    A folder that does not exist yet is judged by the nearest one above it that does.
    """
    folder = Path(os.environ.get(variable) or ".")
    if not folder.is_absolute():
        return None
    existing = next(path for path in (folder, *folder.parents) if path.is_dir())
    return folder if os.geteuid() != 0 or _owner(existing) == 0 else None


def _owner(folder: Path) -> int:
    return folder.stat().st_uid
