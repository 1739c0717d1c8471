"""What a node leaves on the host, and its removal: after a stop, and after a power cut."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from . import cgroups, host_firewall, host_network, record
from .plan import NodePlan

# Folders that programs of the node insist on: mount points inside, empty on the host.
MOUNT_POINTS = (Path("/var/lib/kubelet"), Path("/var/lib/cni"))


@dataclass(frozen=True)
class Traces:
    """Where a node's traces are on the host, and the programs that remove them (`iptables` may be empty)."""

    state_dir: str
    run_dir: str
    cgroup: str
    interface: str
    ip: str
    iptables: str


def traces_of(plan: NodePlan) -> Traces:
    network = plan.network
    return Traces(plan.state_dir, plan.run_dir, plan.cgroup, network.interface, network.ip, network.iptables)


def remove(traces: Traces) -> list[str]:
    """Removes everything but state and logs; tolerates that it is gone. Returns what is left.

    Call it only when no process of the node lives.
    """
    run_dir = Path(traces.run_dir)
    host_network.detach(traces.interface, traces.ip)
    host_firewall.forget(traces.interface, traces.iptables)
    host_network.restore_forwarding(Path(traces.state_dir))
    left = cgroups.remove(traces.cgroup)
    for folder in MOUNT_POINTS:
        _remove_mount_point(folder)
    if run_dir.is_dir():
        _remove_sockets(run_dir)
        record.clear(run_dir)
    return left


def hold_mount_points() -> list[int]:
    """Makes the mount points; they stay while one of the returned descriptors is open.

    Removing a folder would unmount it in every other node that mounted over it.
    """
    held = []
    for folder in MOUNT_POINTS:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        held.append(descriptor)
    return held


def _remove_mount_point(folder: Path) -> None:
    """Only when it is empty and no node holds it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.rmdir()
        finally:
            os.close(descriptor)


def _remove_sockets(run_dir: Path) -> None:
    for folder, _, names in os.walk(run_dir):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISSOCK(path.lstat().st_mode):
                    path.unlink()
