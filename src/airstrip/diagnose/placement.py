"""Nodes, volumes and room: what a pod needs before it can start."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match, sentence, subject_of
from airstrip.diagnose.rule import Rule

_MOUNT_REASONS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_BIND_REASONS = frozenset({"ProvisioningFailed", "FailedBinding"})
_PATIENCE = 15.0
"""Seconds in which a mount that failed may still succeed: a ConfigMap can come a moment after its pod."""


def disk_pressure(facts: Facts) -> Iterator[Match]:
    for node in facts.nodes:
        if "DiskPressure" in node.pressures:
            evicted = [pod.name for pod in facts.pods if pod.reason == "Evicted"]
            seen = f"evicted: {', '.join(evicted)}" if evicted else ""
            yield Match(node.name, {"node": node.name}, seen)


def node_not_ready(facts: Facts) -> Iterator[Match]:
    for node in facts.nodes:
        if not node.ready:
            yield Match(node.name, {"node": node.name, "message": sentence(node.message or "it does not say why")})


def claim_not_bound(facts: Facts) -> Iterator[Match]:
    """Pending claims that a pod waits for; one that no pod uses may wait for its first consumer."""
    used = {(pod.namespace, claim) for pod in facts.pods for claim in pod.claims if pod.phase == "Pending"}
    for claim in facts.claims:
        if claim.phase == "Bound" or (claim.namespace, claim.name) not in used:
            continue
        events = facts.events_about("PersistentVolumeClaim", claim.name, claim.namespace)
        said = [event.message for event in events if event.reason in _BIND_REASONS]
        if not said and not _held_by_claim(facts, claim.namespace):
            continue
        of_class = f"storage class {claim.storage_class}" if claim.storage_class else "no storage class"
        message = sentence(said[-1] if said else f"no volume fits it; it asks for {of_class}")
        yield Match(f"{claim.namespace}/{claim.name}", _claim_fields(claim.name, claim.namespace, message))


def not_mounted(facts: Facts) -> Iterator[Match]:
    for pod in facts.pods:
        if not pod.containers or not pod.waiting or pod.unschedulable or pod.age < _PATIENCE:
            continue
        events = facts.events_about("Pod", pod.name, pod.namespace)
        said = [event.message for event in events if event.reason in _MOUNT_REASONS]
        if said:
            yield Match(subject_of(pod), {"pod": pod.name, "message": sentence(said[-1])}, "\n".join(said[-3:]))


def unschedulable(facts: Facts) -> Iterator[Match]:
    for pod in facts.pods:
        if pod.unschedulable and "PersistentVolumeClaim" not in pod.unschedulable:
            yield Match(subject_of(pod), {"pod": pod.name, "message": sentence(pod.unschedulable)})


def _held_by_claim(facts: Facts, namespace: str) -> bool:
    return any(pod.namespace == namespace and "PersistentVolumeClaim" in pod.unschedulable for pod in facts.pods)


def _claim_fields(claim: str, namespace: str, message: str) -> dict[str, str]:
    return {"claim": claim, "namespace": namespace, "message": message}


NODE_RULES: tuple[Rule, ...] = (
    Rule(
        "node.disk-pressure",
        "node {node} is short of disk, and evicts pods",
        "The disk that holds images and containers' data is nearly full.",
        "Free room on that disk; on this machine: ./airstrip node prune",
        disk_pressure,
    ),
    Rule(
        "node.not-ready",
        "node {node} is not ready",
        "Its kubelet, container runtime or network does not work: {message}",
        "On this machine: ./airstrip node stop && ./airstrip node start",
        node_not_ready,
    ),
)

VOLUME_RULES: tuple[Rule, ...] = (
    Rule(
        "volume.not-bound",
        "claim {claim} in {namespace} has no volume",
        "{message}",
        "Make a volume or a StorageClass that fits the claim, or let Airstrip make it: ./airstrip up",
        claim_not_bound,
    ),
    Rule(
        "volume.not-mounted",
        "{pod} cannot mount a volume",
        "{message}",
        "See to it that the folder, export, Secret or ConfigMap is there, then run: ./airstrip up",
        not_mounted,
    ),
)

SCHEDULING_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.unschedulable",
        "{pod} finds no node",
        "{message}",
        "Give the cluster what is missing, take the taint away, or ask for less; then run: ./airstrip up",
        unschedulable,
    ),
)
