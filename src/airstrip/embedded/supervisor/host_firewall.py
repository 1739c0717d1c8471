"""A host whose own rules drop what it forwards (Docker and ufw set that) lets the node's packets pass.

Used only there. Such rules outlive a killed keeper; the next start or stop removes them.
"""

from __future__ import annotations

import subprocess

_DIRECTIONS = ("-i", "-o")


def allow(interface: str, iptables: str) -> None:
    """Accepts the link's packets where the FORWARD chain drops by default; else no effect.

    `iptables` is the program's path, empty where the host has none.
    """
    if iptables and "-P FORWARD DROP" in _run(iptables, "-S", "FORWARD"):
        for direction in _DIRECTIONS:
            _run(iptables, "-I", *_rule(interface, direction))


def forget(interface: str, iptables: str) -> None:
    """Removes what `allow` added, however often it did; other rules stay."""
    if not iptables:
        return
    present = _run(iptables, "-S", "FORWARD")
    for direction in _DIRECTIONS:
        rule = _rule(interface, direction)
        for _ in range(present.count("-A " + " ".join(rule))):
            _run(iptables, "-D", *rule)


def _rule(interface: str, direction: str) -> tuple[str, ...]:
    return ("FORWARD", direction, interface, "-j", "ACCEPT")


def _run(iptables: str, *arguments: str) -> list[str]:
    argv = [iptables, "--wait", "5", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.splitlines()
