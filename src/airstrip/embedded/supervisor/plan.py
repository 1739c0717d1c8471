"""What the supervisor is to do, as a JSON document in the node's state folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Probe:
    """How to see that a component is ready.

    `target` is a URL for http and https, a socket's path for unix. `ca`, `certificate` and `key`
    are PEM files.
    """

    kind: Literal["http", "https", "unix"]
    target: str
    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class Component:
    """A program of the node.

    Without a probe it is ready once it runs; `once` means that it is ready when it has ended with
    exit code 0 and is not started again. `stop_timeout` is in seconds; `stops_containers`
    marks the program whose containers are ended before it.
    """

    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    probe: Probe | None = None
    once: bool = False
    stop_timeout: float = 2.0
    stops_containers: bool = False


@dataclass(frozen=True)
class Network:
    """The link between host and node, and what passes it.

    `link_host` and `link_node` are addresses of a /30; `pods` and `services` are CIDRs;
    `interface` is the host's end; `table` is the nftables table of our own. `ip`, `nft` and
    `iptables` are programs; the last is empty where the host has none.
    """

    interface: str
    table: str
    link_host: str
    link_node: str
    pods: str
    services: str
    mtu: int
    dns_port: int
    node_port: int
    wanted_port: int
    resolvers: tuple[str, ...]
    ip: str
    nft: str
    iptables: str


@dataclass(frozen=True)
class NodePlan:
    """Everything about one node: where it keeps things, its network and its programs."""

    name: str
    state_dir: str
    run_dir: str
    cgroup: str
    version: str
    network: Network
    components: tuple[Component, ...]

    @property
    def digest(self) -> str:
        """Equal digests mean that a running node needs no restart."""
        return hashlib.sha256(dump_plan(self).encode()).hexdigest()


def dump_plan(plan: NodePlan) -> str:
    return json.dumps(asdict(plan), indent=1, sort_keys=True)


def load_plan(path: Path) -> NodePlan:
    document = json.loads(path.read_text())
    network = document.pop("network")
    return NodePlan(
        **{key: value for key, value in document.items() if key != "components"},
        network=Network(**{**network, "resolvers": tuple(network["resolvers"])}),
        components=tuple(_component(entry) for entry in document["components"]),
    )


def read_plan(path: Path) -> NodePlan | None:
    """None where there is no plan, or one that another version of Airstrip wrote."""
    try:
        return load_plan(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _component(entry: dict[str, Any]) -> Component:
    probe = entry["probe"]
    return Component(
        **{
            **entry,
            "argv": tuple(entry["argv"]),
            "needs": tuple(entry["needs"]),
            "probe": Probe(**probe) if probe else None,
        }
    )
