"""Which addresses a node takes: derived from its name, and free on this host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from pathlib import Path

from airstrip.embedded.config import Subnets
from airstrip.errors import NodeError
from airstrip.process import Command, run

_TEN = IPv4Network("10.0.0.0/8")
_OTHERS = (IPv4Network("172.16.0.0/12"), IPv4Network("198.18.0.0/15"))


def propose_subnets(name: str, taken: Iterable[IPv4Network]) -> Subnets:
    """The first of the name's /16 blocks that overlaps nothing of `taken`; pure.

    Raises NodeError `node.subnets-taken` when every private block is in use.
    """
    taken = tuple(taken)
    for block in _blocks(name):
        if not any(block.overlaps(network) for network in taken):
            return carve(block)
    raise NodeError(
        "node.subnets-taken",
        "no free private network is left for the node",
        cause="The host has routes for all of 10.0.0.0/8, 172.16.0.0/12 and 198.18.0.0/15 (a VPN may set them).",
        fix="Leave the VPN for the first start; the choice is kept.",
    )


def carve(block: IPv4Network) -> Subnets:
    """Pods, services and link out of a /16."""
    quarters = list(block.subnets(new_prefix=18))
    return Subnets(
        link=IPv4Network((int(quarters[3].broadcast_address) - 3, 30)),
        pods=next(quarters[0].subnets(new_prefix=22)),
        services=next(quarters[2].subnets(new_prefix=22)),
    )


def overlapping(subnets: Subnets, taken: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Those of `taken` that the node's networks run into: empty when all is free."""
    own = (subnets.link, subnets.pods, subnets.services)
    return tuple(network for network in taken if any(network.overlaps(each) for each in own))


def host_networks(ip: str, without_interface: str = "") -> tuple[IPv4Network, ...]:
    """The networks that the host has a route to, in any table, its default routes left out."""
    listing = run(Command([ip, "-4", "-json", "route", "show", "table", "all"])).stdout
    routes = json.loads(listing or "[]")
    return parse_routes(routes, without_interface)


def parse_routes(routes: Iterable[dict[str, object]], without_interface: str = "") -> tuple[IPv4Network, ...]:
    """From `ip -json route`: unicast and local destinations, loopback left out."""
    found = []
    for route in routes:
        destination = str(route.get("dst", "default"))
        if destination in ("default", "0.0.0.0/0") or route.get("dev") in ("lo", without_interface):
            continue
        if route.get("type", "unicast") in ("unicast", "local"):
            found.append(IPv4Network(destination, strict=False))
    return tuple(found)


def _blocks(name: str) -> Iterator[IPv4Network]:
    """Sixteen blocks of 10/8 that the name points to, then every other, in the name's own order."""
    for attempt in range(16):
        yield IPv4Network((int(_TEN.network_address) + ((64 + _hash(name, attempt) % 128) << 16), 16))
    others = [block for network in _OTHERS for block in network.subnets(new_prefix=16)]
    start = _hash(name, 16) % len(others)
    yield from others[start:] + others[:start]


def _hash(name: str, attempt: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{name}/{attempt}".encode()).digest()[:4], "big")


def default_mtu(default: int = 1500) -> int:
    """The MTU of the interface that the host's default route uses: larger packets would be split."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == "00000000":
            return int(Path("/sys/class/net", fields[0], "mtu").read_text())
    return default
