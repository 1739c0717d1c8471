"""The node's own cgroups, in each hierarchy of version 1 or in the one of version 2."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_CONTROLLERS = ("cpu", "cpuset", "memory", "pids", "io", "hugetlb")


def version(root: Path = ROOT) -> int:
    """2 where the one hierarchy has the controllers, else 1 (mixed set-ups are 1)."""
    return 2 if (root / "cgroup.controllers").exists() else 1


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Folders under which the node has a cgroup; links such as cpu -> cpu,cpuacct are left out."""
    if version(root) == 2:
        return [root]
    return [entry for entry in sorted(root.iterdir()) if entry.is_dir() and not entry.is_symlink()]


def create(name: str, root: Path = ROOT, *, join: bool = True) -> None:
    """Makes the node's cgroup `name`; with `join` this process moves into its child `node`."""
    for hierarchy in hierarchies(root):
        if version(root) == 2:
            _enable_controllers(hierarchy)
        group = hierarchy / name
        (group / "node").mkdir(parents=True, exist_ok=True)
        if version(root) == 2:
            _enable_controllers(group)
        _copy_cpuset(hierarchy, group)
        _copy_cpuset(group, group / "node")
        if join:
            (group / "node" / "cgroup.procs").write_text(str(os.getpid()))


def remove(name: str, root: Path = ROOT, timeout: float = 5.0) -> list[str]:
    """Removes a cgroup with those below it; returns what was still in use after `timeout` seconds."""
    end = time.monotonic() + timeout
    left = [hierarchy / name for hierarchy in hierarchies(root) if (hierarchy / name).is_dir()]
    while left:
        for group in left:
            _remove_tree(group)
        left = [group for group in left if group.exists()]
        if time.monotonic() >= end:
            break
        if left:
            time.sleep(0.05)
    return [str(group) for group in left]


def remove_pods(name: str, root: Path = ROOT) -> list[str]:
    """Removes the cgroups of pods that a killed node left: the kubelet would look for their tasks."""
    return remove(f"{name}/kubepods", root)


def leave(root: Path = ROOT) -> None:
    """Moves this process to the root cgroups, so that its own can be removed."""
    for hierarchy in hierarchies(root):
        with contextlib.suppress(OSError):
            (hierarchy / "cgroup.procs").write_text(str(os.getpid()))


def _enable_controllers(group: Path) -> None:
    offered = (group / "cgroup.controllers").read_text().split()
    wanted = [f"+{controller}" for controller in _CONTROLLERS if controller in offered]
    (group / "cgroup.subtree_control").write_text(" ".join(wanted))


def _copy_cpuset(parent: Path, group: Path) -> None:
    """A new cpuset of version 1 is empty and takes no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        source, target = parent / name, group / name
        if source.exists() and target.exists() and not target.read_text().strip():
            target.write_text(source.read_text())


def _remove_tree(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
