"""One node's settings and the places of its files."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from airstrip.errors import NodeError

# The longest socket path that Linux takes, and the longest name that we put into a run folder.
_SOCKET_LIMIT = 107
_LONGEST_SOCKET = "containerd.sock.ttrpc"


@dataclass(frozen=True)
class Subnets:
    """The node's networks: a /30 between host and node, the pods' and the services' addresses."""

    link: IPv4Network
    pods: IPv4Network
    services: IPv4Network

    @property
    def host(self) -> IPv4Address:
        """The host's end of the link."""
        return self.link.network_address + 1

    @property
    def node(self) -> IPv4Address:
        """The node's end: where the API server, node ports and the DNS server listen."""
        return self.link.network_address + 2

    @property
    def kubernetes_service(self) -> IPv4Address:
        return self.services.network_address + 1

    @property
    def dns_service(self) -> IPv4Address:
        return self.services.network_address + 10

    def to_dict(self) -> dict[str, str]:
        return {"link": str(self.link), "pods": str(self.pods), "services": str(self.services)}


@dataclass(frozen=True)
class NodeConfig:
    """A node to be: made by whoever wants one, usually through `choose_config`.

    `state_dir` outlives the node, `run_dir` does not. `binaries_dir` holds the programs for a start. `port` is
    the wanted loopback port of the host; it, or the next free one, reaches `node_port` of the node.
    `resolvers` are DNS servers for names outside; empty means the host's own.
    `owner_uid` may read a kubeconfig of its own.
    """

    name: str
    state_dir: Path
    run_dir: Path
    binaries_dir: Path
    subnets: Subnets
    port: int = 8080
    node_port: int = 30080
    resolvers: tuple[str, ...] = ()
    owner_uid: int | None = None

    @property
    def identifier(self) -> str:
        """Short enough for an interface's name, different for each node and state folder."""
        digest = hashlib.sha256(f"{self.name}\0{self.state_dir}".encode()).hexdigest()
        return f"airstrip{digest[:6]}"

    @property
    def cgroup(self) -> str:
        return f"airstrip-{self.name}-{self.identifier[-6:]}"

    @property
    def api_url(self) -> str:
        return f"https://{self.subnets.node}:6443"

    @property
    def certificates_dir(self) -> Path:
        return self.state_dir / "certificates"

    @property
    def settings_dir(self) -> Path:
        return self.state_dir / "settings"

    @property
    def logs_dir(self) -> Path:
        return self.state_dir / "logs"

    @property
    def volumes_dir(self) -> Path:
        return self.state_dir / "volumes"

    @property
    def plan_path(self) -> Path:
        return self.state_dir / "plan.json"

    @property
    def archive_path(self) -> Path:
        return self.state_dir / "supervisor.pyz"

    @property
    def containerd_socket(self) -> Path:
        return self.run_dir / "containerd.sock"

    @property
    def etcd_socket(self) -> Path:
        return self.run_dir / "etcd.sock"

    @property
    def programs_dir(self) -> Path:
        """The node's own links to what `binaries_dir` held at its start."""
        return self.state_dir / "programs"

    def program(self, name: str) -> str:
        return str(self.programs_dir / name)

    def kubeconfig_of(self, uid: int) -> Path:
        """The kubeconfig that this user may read; root's is the administrator's."""
        return self.state_dir / ("kubeconfig" if uid == 0 else f"kubeconfig.{uid}")


def check_paths(config: NodeConfig) -> None:
    """Raises NodeError when a socket's path would be longer than Linux takes."""
    longest = config.run_dir / _LONGEST_SOCKET
    if len(os.fsencode(longest)) > _SOCKET_LIMIT:
        raise NodeError(
            "node.path-too-long",
            f"the run folder's path is too long for a socket: {config.run_dir}",
            cause=f"A socket's path has at most {_SOCKET_LIMIT} bytes; {longest.name} needs {len(longest.name)}.",
            fix="Set AIRSTRIP_RUN_DIR to a shorter folder, such as /run/airstrip.",
        )


def python_executable() -> str:
    """The interpreter behind a virtual environment, which may go while the node runs."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return str(Path(base).resolve())
