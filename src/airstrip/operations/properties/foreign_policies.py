"""NetworkPolicies that are somebody else's: policies add up, so each may open a way that ours keep closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airstrip.kube import Cluster

API_VERSION, KIND = "networking.k8s.io/v1", "NetworkPolicy"
_COMPONENT, _INSTANCE = "app.kubernetes.io/component", "app.kubernetes.io/instance"
_NAME = "kubernetes.io/metadata.name"
"""Every namespace has this label, and its own name in it."""

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Way:
    """From the pods of a namespace to those of a component of the deployment `instance`, in `control`."""

    caller: str
    component: str
    instance: str
    control: str


def foreign_policies(cluster: Cluster, namespace: str, instance: str) -> list[Policy]:
    """Those of a namespace that the deployment has not landed."""
    ours = {"app.kubernetes.io/managed-by": "airstrip", _INSTANCE: instance}
    items = cluster.list(API_VERSION, KIND, namespace)
    return [item for item in items if not ours.items() <= (item["metadata"].get("labels") or {}).items()]


def may_open(policy: Policy, way: Way) -> bool:
    """Whether it may let the caller in; it surely does not where it allows nothing, or others, or is of other pods.

    What is not plain from names, such as an ipBlock or an expression, may.
    """
    spec = policy["spec"]
    if "Ingress" not in spec.get("policyTypes", ("Ingress",)) or not _may_select(spec.get("podSelector"), way):
        return False
    peers = (rule.get("from") for rule in spec.get("ingress") or ())
    return any(not each or any(_may_admit(peer, way) for peer in each) for each in peers)


def _may_select(selector: Mapping[str, Any] | None, way: Way) -> bool:
    known = {_COMPONENT: way.component, _INSTANCE: way.instance}
    wanted = (selector or {}).get("matchLabels") or {}
    return all(known.get(key, value) == value for key, value in wanted.items())


def _may_admit(peer: Mapping[str, Any], way: Way) -> bool:
    if "ipBlock" in peer:
        return True
    namespaces = peer.get("namespaceSelector")
    if namespaces is None:
        return way.caller == way.control
    wanted = (namespaces.get("matchLabels") or {}).get(_NAME, way.caller)
    return bool(wanted == way.caller)
