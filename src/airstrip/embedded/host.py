"""What this host is like, as far as the node's settings depend on it; and whether it may run one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded.subnets import default_mtu
from airstrip.embedded.supervisor import cgroups
from airstrip.errors import NodeError

_CAP_NET_ADMIN = 12
_CAP_SYS_ADMIN = 21
_CAP_SYS_RESOURCE = 24
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class HostFacts:
    """`cgroup_version` is 1 or 2; `may_lower_oom_score` is CAP_SYS_RESOURCE; `bridge_netfilter`
    tells whether packets between two pods pass the packet filter; `mtu` is in bytes; `ip` and `nft`
    are paths, `iptables` too or empty: only a host that uses it needs it.
    """

    cgroup_version: int
    may_lower_oom_score: bool
    bridge_netfilter: bool
    mtu: int
    ip: str
    nft: str
    iptables: str


def detect_host() -> HostFacts:
    """Raises NodeError when we are not root, when the host forbids it, or lacks a tool."""
    if os.geteuid() != 0:
        raise not_root("run a node")
    held = effective_capabilities(Path("/proc/self/status").read_text())
    if not {_CAP_SYS_ADMIN, _CAP_NET_ADMIN} <= held:
        raise no_namespaces("CAP_SYS_ADMIN or CAP_NET_ADMIN is missing")
    return HostFacts(
        cgroup_version=cgroups.version(),
        may_lower_oom_score=_CAP_SYS_RESOURCE in held,
        bridge_netfilter=Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists(),
        mtu=default_mtu(),
        ip=_tool("ip", "iproute2"),
        nft=_tool("nft", "nftables"),
        iptables=find_program("iptables") or "",
    )


def effective_capabilities(status: str) -> frozenset[int]:
    """The numbers of the capabilities in a process's `status` file."""
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    mask = int(line.split()[1], 16)
    return frozenset(number for number in range(64) if mask >> number & 1)


def not_root(what: str) -> NodeError:
    return NodeError(
        "node.not-root",
        f"only root can {what}",
        cause="A node has namespaces, mounts and network interfaces of its own.",
        fix="Run the same command as root, or with sudo.",
    )


def no_namespaces(cause: str) -> NodeError:
    return NodeError(
        "node.no-namespaces",
        "this host does not allow us to make namespaces",
        cause=f"{cause}: are we inside a container without privileges?",
        fix="Run it on the host itself or in a virtual machine, or start the container privileged.",
    )


def find_program(program: str) -> str | None:
    """Its path: the same whoever's PATH this is, as sudo's is another than root's, and a node keeps these paths."""
    return shutil.which(program, path=f"{_SBIN}:{os.environ.get('PATH', '')}")


def _tool(program: str, package: str) -> str:
    path = find_program(program)
    if path is None:
        raise NodeError(
            "node.host-tools-missing",
            f"{program} is not installed",
            cause="The node's network needs it on the host.",
            fix=f"apt-get install {package}",
        )
    return path
