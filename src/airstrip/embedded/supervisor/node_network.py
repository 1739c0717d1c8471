"""The node's side of the link to the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .host_network import NODE_INTERFACE
from .plan import Network


def configure(network: Network) -> None:
    """Brings up loopback and link, and sends everything else to the host. Raises RuntimeError."""
    lines = [
        "link set lo up",
        f"address add {network.link_node}/30 dev {NODE_INTERFACE}",
        f"link set {NODE_INTERFACE} up",
        f"route add default via {network.link_host}",
    ]
    done = subprocess.run(
        [network.ip, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
