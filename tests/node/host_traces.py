"""What a node could leave on its host, for comparison before and after."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded import NodeConfig
from airstrip.embedded.supervisor import cgroups

_NAMESPACES = ("net", "mnt", "pid", "uts", "ipc")


@dataclass(frozen=True)
class Traces:
    """Lines as the tools print them; `sockets` and `cgroups` are paths of one node."""

    mounts: frozenset[str]
    links: frozenset[str]
    routes: frozenset[str]
    rules: str
    settings: tuple[str, ...]
    sockets: tuple[str, ...]
    cgroups: tuple[str, ...]
    mount_points: tuple[str, ...]
    processes: tuple[str, ...]
    nft_history: float | None


def traces(config: NodeConfig) -> Traces:
    return Traces(
        mounts=frozenset(Path("/proc/self/mounts").read_text().splitlines()),
        links=frozenset(line.split()[0] for line in _run("ip", "-brief", "link").splitlines()),
        routes=frozenset(_run("ip", "route", "show", "table", "all").splitlines()),
        rules=_run("nft", "list", "ruleset"),
        settings=tuple(Path("/proc/sys", name).read_text() for name in _SETTINGS),
        sockets=tuple(str(path) for path in config.run_dir.rglob("*") if path.is_socket() or path.is_fifo()),
        cgroups=tuple(str(root / config.cgroup) for root in cgroups.hierarchies() if (root / config.cgroup).exists()),
        mount_points=tuple(
            path for path in ("/var/lib/kubelet", "/var/lib/cni", "/run/containerd") if Path(path).exists()
        ),
        processes=tuple(processes_of(config)),
        nft_history=_time_of(Path.home() / ".nft.history"),
    )


_SETTINGS = (
    "net/ipv4/ip_forward",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)


def processes_of(config: NodeConfig) -> list[str]:
    """Command lines that name the node's folders or its programs."""
    marks = (str(config.state_dir), str(config.run_dir))
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(mark in line for mark in marks):
            found.append(line)
    return sorted(found)


def _time_of(path: Path) -> float | None:
    return path.stat().st_mtime if path.exists() else None


def namespaces_of(pid: int) -> frozenset[str]:
    return frozenset(str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in _NAMESPACES)


def living_in(namespaces: frozenset[str]) -> list[int]:
    """Processes that are in one of these namespaces."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if namespaces_of(int(entry.name)) & namespaces:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _run(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
