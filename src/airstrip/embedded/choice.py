"""The networks of a node: chosen once, from its name, then kept in its state."""

from __future__ import annotations

import json
import shutil
from ipaddress import IPv4Network
from pathlib import Path

from airstrip.embedded.archive import replace_file
from airstrip.embedded.config import NodeConfig, Subnets
from airstrip.embedded.subnets import host_networks, propose_subnets

FILE = "subnets.json"


def choose_config(
    name: str,
    state_dir: Path,
    run_dir: Path,
    binaries_dir: Path,
    *,
    port: int = 8080,
    owner_uid: int | None = None,
) -> NodeConfig:
    """The configuration of a node that there is, or of one to be; writes nothing.

    `keep_choice` records its networks at the first start.
    """
    return NodeConfig(
        name=name,
        state_dir=state_dir,
        run_dir=run_dir,
        binaries_dir=binaries_dir,
        subnets=read_choice(state_dir) or propose_subnets(name, _taken()),
        port=port,
        owner_uid=owner_uid,
    )


def keep_choice(config: NodeConfig) -> None:
    """Records the networks, readable by everyone."""
    text = json.dumps(config.subnets.to_dict(), indent=1) + "\n"
    replace_file(config.state_dir / FILE, text.encode())


def read_choice(state_dir: Path) -> Subnets | None:
    """None where no node was started."""
    try:
        document = json.loads((state_dir / FILE).read_text())
    except (OSError, ValueError):
        return None
    return Subnets(**{name: IPv4Network(document[name]) for name in ("link", "pods", "services")})


def _taken() -> tuple[IPv4Network, ...]:
    """Without `ip` nothing is known to be taken: the start says that it is missing."""
    ip = shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin")
    return host_networks(ip) if ip else ()
