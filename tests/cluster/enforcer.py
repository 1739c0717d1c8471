"""Enforces NetworkPolicies on the embedded node, whose own network does not: by nftables, in its network namespace.

Stands for a network plugin of a cluster that has one. It knows what Airstrip's policies use: matchLabels, ipBlock,
ports by number. As plugins do, it lets nothing of a pod through that it does not know yet.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from airstrip.kube import Cluster

Object = Mapping[str, Any]
Direction = Literal["Ingress", "Egress"]

_TABLE = "inet airstrip_test_policies"
_POLL_SECONDS = 0.3
# For each direction: which address is the pod's own, the word of its peers in a rule, and which address is theirs.
_SIDES: Mapping[Direction, tuple[str, str, str]] = {
    "Egress": ("saddr", "to", "daddr"),
    "Ingress": ("daddr", "from", "saddr"),
}


@contextmanager
def enforced(cluster: Cluster, pid: int, pod_cidr: str) -> Iterator[None]:
    """NetworkPolicies hold while this lasts; `pid` is a process in the node's network namespace."""
    enter = ["nsenter", "-t", str(pid), "-n", "nft"]
    stop, first = threading.Event(), threading.Event()
    failed: list[Exception] = []

    def keep() -> None:
        seen = ""
        try:
            while not stop.wait(_POLL_SECONDS if seen else 0):
                rules = _ruleset(_World(cluster), pod_cidr)
                if rules != seen:
                    subprocess.run([*enter, "-f", "-"], input=rules, text=True, check=True)
                seen = rules
                first.set()
        except Exception as error:
            failed.append(error)
            first.set()

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        assert first.wait(30), "the policies were not read"
        yield
    finally:
        stop.set()
        keeper.join()
        subprocess.run([*enter, "delete", "table", *_TABLE.split()], check=not failed)
    assert not failed, failed


class _World:
    """All pods that have an address of their own, with the labels of their namespaces, and all policies."""

    def __init__(self, cluster: Cluster) -> None:
        self.namespaces = {
            item["metadata"]["name"]: item["metadata"].get("labels") or {} for item in cluster.list("v1", "Namespace")
        }
        self.pods = [pod for pod in cluster.list("v1", "Pod") if _has_address(pod)]
        self.policies = cluster.list("networking.k8s.io/v1", "NetworkPolicy")

    def of(self, pod: Object, direction: Direction) -> list[Object]:
        """The policies that isolate a pod in this direction."""
        return [
            policy
            for policy in self.policies
            if policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and direction in policy["spec"]["policyTypes"]
            and _selects(policy["spec"]["podSelector"], pod["metadata"].get("labels") or {})
        ]

    def addresses(self, peer: Object, namespace: str) -> list[str]:
        """Of the pods that a peer selects."""
        return sorted(pod["status"]["podIP"] for pod in self.pods if self._is_peer(pod, peer, namespace))

    def _is_peer(self, pod: Object, peer: Object, namespace: str) -> bool:
        own, about = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
        if "namespaceSelector" in peer:
            fits = _selects(peer["namespaceSelector"], self.namespaces.get(own, {}))
        else:
            fits = own == namespace
        return fits and _selects(peer.get("podSelector") or {}, about)


def _ruleset(world: _World, pod_cidr: str) -> str:
    """One chain for each pod and direction in which it is isolated, replaced as a whole."""
    chains: list[str] = []
    jumps: list[str] = []
    for number, pod in enumerate(sorted(world.pods, key=lambda pod: str(pod["status"]["podIP"]))):
        for direction, (side, _, _) in _SIDES.items():
            policies = world.of(pod, direction)
            if policies:
                name = f"{direction.lower()}{number}"
                rules = [line for policy in policies for line in _rules(world, policy, direction)]
                chains.append(_chain(name, [*rules, "drop"]))
                jumps.append(f"ip {side} {pod['status']['podIP']} jump {name}")
    known = ", ".join(sorted(pod["status"]["podIP"] for pod in world.pods)) or "255.255.255.255"
    unknown = f"ip saddr {pod_cidr} ip saddr != {{ {known} }} drop"
    body = ["ct state established,related accept", unknown, *jumps]
    hooks = [_chain(hook, [f"type filter hook {hook} priority filter;", *body]) for hook in ("forward", "input")]
    return f"table {_TABLE}\ndelete table {_TABLE}\ntable {_TABLE} {{\n{''.join([*chains, *hooks])}}}\n"


def _rules(world: _World, policy: Object, direction: Direction) -> Iterator[str]:
    _, key, side = _SIDES[direction]
    for rule in policy["spec"].get(direction.lower()) or ():
        for peer in _peers(world, rule.get(key), policy["metadata"]["namespace"], side):
            for port in _ports(rule.get("ports")):
                yield f"{peer}{port}return"


def _peers(world: _World, peers: Sequence[Object] | None, namespace: str, side: str) -> Iterator[str]:
    """What nft says of them; without `from` or `to` it is everybody."""
    if not peers:
        yield ""
    for peer in peers or ():
        if block := peer.get("ipBlock"):
            spared = ", ".join(block.get("except") or ())
            yield f"ip {side} {block['cidr']} " + (f"ip {side} != {{ {spared} }} " if spared else "")
        elif addresses := world.addresses(peer, namespace):
            yield f"ip {side} {{ {', '.join(addresses)} }} "


def _ports(ports: Sequence[Object] | None) -> Iterator[str]:
    if not ports:
        yield ""
    for port in ports or ():
        yield f"{port.get('protocol', 'TCP').lower()} dport {port['port']} "


def _chain(name: str, lines: Sequence[str]) -> str:
    return f"chain {name} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _selects(selector: Object, labels: Mapping[str, str]) -> bool:
    assert not selector.get("matchExpressions"), "this enforcer does not know matchExpressions"
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return wanted.items() <= labels.items()


def _has_address(pod: Object) -> bool:
    status = pod.get("status") or {}
    living = status.get("phase") in ("Pending", "Running")
    return living and bool(status.get("podIP")) and not pod["spec"].get("hostNetwork")
