"""The host's side of the link: a veth pair, two routes and a masquerading table.

The interface and its routes go when the node's network namespace goes, and the table is bound to
the process that holds it (`flags owner`): nothing of these outlives a keeper killed by -9.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from . import kernel
from .plan import Network

NODE_INTERFACE = "uplink0"
_FORWARDING = "net/ipv4/ip_forward"
_NOTE = "host-settings.json"


class NetworkFailed(Exception):
    """A tool's own words about what it could not do."""


def attach(network: Network, inner_pid: int) -> None:
    """Makes the link to the network namespace of `inner_pid` and the routes into it."""
    link, node = network.interface, NODE_INTERFACE
    lines = [
        f"link add {link} mtu {network.mtu} type veth peer name {node} mtu {network.mtu} netns {inner_pid}",
        f"address add {network.link_host}/30 dev {link}",
        f"link set {link} up",
        f"route add {network.pods} via {network.link_node} dev {link}",
        f"route add {network.services} via {network.link_node} dev {link}",
    ]
    done = subprocess.run(
        [network.ip, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NetworkFailed(done.stderr.strip())


def detach(interface: str, ip: str) -> None:
    """Removes the link if it is there; normally the namespace has taken it along."""
    if Path(f"/sys/class/net/{interface}").exists():
        subprocess.run([ip, "link", "delete", interface], capture_output=True, check=False)


def table_text(network: Network) -> str:
    """The rules on the host: pods reach outside networks, and only the host reaches the node."""
    inside = f"{{ {network.link_node}, {network.pods} }}"
    return (
        f"add table ip {network.table} {{ flags owner; "
        "chain outward { type nat hook postrouting priority 100; "
        f'ip saddr {inside} oifname != "{network.interface}" masquerade; }}; '
        "chain inward { type filter hook forward priority 0; "
        f'oifname "{network.interface}" ct state new drop; }}; }}\n'
    )


class Masquerade:
    """Holds the table: an `nft` that waits for more, and whose end takes the table with it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._holder: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Makes the table where it is missing. Raises NetworkFailed with nft's own words."""
        if self._holder is not None and self._holder.poll() is None:
            return
        self._holder = subprocess.Popen(
            [self._network.nft, "--interactive"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # It writes what it was told into its home, which is root's: a place where nothing can be written.
            env={**os.environ, "HOME": os.devnull},
            preexec_fn=kernel.die_with_parent,
        )
        assert self._holder.stdin is not None
        self._holder.stdin.write(table_text(self._network).encode())
        self._holder.stdin.flush()
        if not self._appeared():
            raise NetworkFailed(self._stop().strip() or "nft made no table")

    def _appeared(self) -> bool:
        listing = [self._network.nft, "list", "table", "ip", self._network.table]
        for _ in range(40):
            if subprocess.run(listing, capture_output=True, check=False).returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def _stop(self) -> str:
        assert self._holder is not None
        try:
            output, _ = self._holder.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            output, _ = self._holder.communicate()
        return output.decode(errors="replace")

    def release(self) -> None:
        """Ends the holder, and the table with it."""
        if self._holder is not None:
            self._stop()
            self._holder = None


def enable_forwarding(state_dir: Path, proc: Path = Path("/proc/sys")) -> None:
    """Lets the host forward packets, and notes what was set before."""
    setting = proc / _FORWARDING
    before = setting.read_text().strip()
    if before == "1":
        return
    note = state_dir / _NOTE
    fresh = note.with_suffix(".new")
    # Whole or not at all: a full disk, or a power cut, would leave half of it.
    fresh.write_text(json.dumps({_FORWARDING: before}))
    fresh.replace(note)
    setting.write_text("1")


def restore_forwarding(
    state_dir: Path, proc: Path = Path("/proc/sys"), interfaces: Path = Path("/sys/class/net")
) -> None:
    """Puts back what `enable_forwarding` changed, also when that was before a power cut.

    Not while the host has a bridge or another node's link: Docker, virtual machines or that node
    came after us and need forwarding too. The note stays until they are gone.
    """
    note = state_dir / _NOTE
    if not note.exists() or any(interfaces.glob("*/bridge")) or any(interfaces.glob("airstrip*")):
        return
    for name, value in _noted(note).items():
        (proc / name).write_text(value)
    note.unlink()


def _noted(note: Path) -> dict[str, str]:
    """Nothing of a note that cannot be read: it must not keep the node from ever starting or stopping again."""
    try:
        return dict(json.loads(note.read_text()))
    except ValueError:
        return {}
