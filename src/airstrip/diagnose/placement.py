"""Nodes, volumes and room: what a pod needs before it can start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.diagnose import described
from airstrip.diagnose.facts import ClaimFact, Facts, NodeFact
from airstrip.diagnose.match import Match, sentence, subject_of
from airstrip.diagnose.rule import Rule
from airstrip.kube.troubles import MOUNT_REASONS

_BIND_REASONS = frozenset({"ProvisioningFailed", "FailedBinding"})
_PREEMPTION = re.compile(r" no new claims to deallocate| preemption: ")
_CLAIM = "PersistentVolumeClaim"
_PATIENCE = 15.0
"""Seconds in which a mount that failed may still succeed: a ConfigMap can come a moment after its pod."""


def _pressure(condition: str) -> Callable[[Facts], Iterator[Match]]:
    def matches(facts: Facts) -> Iterator[Match]:
        for node in facts.nodes:
            if condition in node.pressures:
                evicted = [pod.name for pod in facts.pods if pod.reason == "Evicted"]
                seen = [f"node {node.name}: condition {condition} is True"]
                seen += [f"evicted: {', '.join(evicted)}"] if evicted else []
                yield Match(f"node/{node.name}/{condition}", {"node": node.name}, "\n".join(seen))

    return matches


def node_lost(facts: Facts) -> Iterator[Match]:
    for node in facts.nodes:
        if node.lost:
            yield Match(f"node/{node.name}", _node_fields(node), _ready_condition(node))


def node_not_ready(facts: Facts) -> Iterator[Match]:
    for node in facts.nodes:
        if not node.ready:
            yield Match(f"node/{node.name}", _node_fields(node), _ready_condition(node))


def _ready_condition(node: NodeFact) -> str:
    said = f": {node.message}" if node.message else ""
    return f"node {node.name}: condition Ready is {'Unknown' if node.lost else 'False'}{said}"


def _node_fields(node: NodeFact) -> dict[str, str]:
    return {"node": node.name, "message": sentence(node.message or "it does not say why")}


def claim_lost(facts: Facts) -> Iterator[Match]:
    for claim in facts.claims:
        if claim.phase == "Lost":
            fields = _claim_fields(claim, volume=claim.volume, again=described.claim_made_again(claim))
            seen = f"PersistentVolumeClaim {claim.name}: phase Lost, volume {claim.volume}"
            yield Match(f"{claim.namespace}/{claim.name}", fields, seen)


def claim_not_bound(facts: Facts) -> Iterator[Match]:
    """Pending claims that a pod waits for; one that no pod uses may wait for its first consumer."""
    used = {(pod.namespace, claim) for pod in facts.pods for claim in pod.claims if pod.phase == "Pending"}
    for claim in facts.claims:
        if claim.phase == "Bound" or (claim.namespace, claim.name) not in used:
            continue
        events = facts.events_about(_CLAIM, claim.name, claim.namespace)
        said = [event.message for event in events if event.reason in _BIND_REASONS]
        if not said and not _held_by_claim(facts, claim.namespace):
            continue
        of_class = f"storage class {claim.storage_class}" if claim.storage_class else "no storage class"
        message = sentence(said[-1] if said else f"no volume fits it; it asks for {of_class}")
        seen = "\n".join([f"PersistentVolumeClaim {claim.name}: phase {claim.phase}, {of_class}", *said[-3:]])
        fields = _claim_fields(claim, message=message, fitting=described.claim_that_fits(claim))
        yield Match(f"{claim.namespace}/{claim.name}", fields, seen)


def not_mounted(facts: Facts) -> Iterator[Match]:
    for pod in facts.pods:
        if not pod.containers or not pod.waiting or pod.unschedulable or pod.age < _PATIENCE:
            continue
        events = facts.events_about("Pod", pod.name, pod.namespace, pod.uid)
        said = [event.message for event in events if event.reason in MOUNT_REASONS]
        if said:
            yield Match(subject_of(pod), described.fields(pod, message=sentence(said[-1])), "\n".join(said[-3:]))


def unschedulable(facts: Facts) -> Iterator[Match]:
    """Pods that wait for a claim only where that was not seen itself: one without a volume says more."""
    seen = {(claim.namespace, claim.name) for claim in facts.claims if claim.phase != "Bound"}
    for pod in facts.pods:
        knows_claim = any((pod.namespace, name) in seen for name in pod.claims)
        if pod.unschedulable and not (knows_claim and _CLAIM in pod.unschedulable):
            fields = described.fields(pod, message=sentence(_brief(pod.unschedulable)))
            yield Match(subject_of(pod), fields, f"{pod.name}: Unschedulable: {pod.unschedulable}")


def _brief(message: str) -> str:
    """Without what the scheduler says of preemption, which only repeats it."""
    return _PREEMPTION.split(message)[0]


def _held_by_claim(facts: Facts, namespace: str) -> bool:
    return any(pod.namespace == namespace and _CLAIM in pod.unschedulable for pod in facts.pods)


def _claim_fields(claim: ClaimFact, **more: str) -> dict[str, str]:
    return {"claim": claim.name, "namespace": claim.namespace, **more}


LOST_RULES: tuple[Rule, ...] = (
    Rule(
        "node.lost",
        "node {node} says nothing any more",
        "It has no power or network, or its kubelet ended: {message}",
        "Bring it back; on this machine: ./airstrip node stop && ./airstrip node start",
        node_lost,
    ),
    Rule(
        "node.not-ready",
        "node {node} is not ready",
        "Its kubelet, container runtime or network does not work: {message}",
        "On this machine: ./airstrip node stop && ./airstrip node start",
        node_not_ready,
    ),
)

NODE_RULES: tuple[Rule, ...] = (
    Rule(
        "node.disk-pressure",
        "node {node} is short of disk, and evicts pods",
        "The disk that holds images and containers' data is nearly full.",
        "Free room on that disk; on this machine: ./airstrip node prune",
        _pressure("DiskPressure"),
        frozenset({"host.disk-nearly-full"}),
    ),
    Rule(
        "node.memory-pressure",
        "node {node} is short of memory, and evicts pods",
        "What runs there uses more memory than the node has to spare.",
        "See what uses it: kubectl describe node {node}; give it more, stop what else runs there, or let fewer tasks"
        " run at once: airflow.config.core.parallelism in the file, then ./airstrip up",
        _pressure("MemoryPressure"),
    ),
    Rule(
        "node.pid-pressure",
        "node {node} is short of process ids, and evicts pods",
        "Something there starts processes without end, or its limit is too low.",
        "Find it: ps -eo user,comm | sort | uniq -c | sort -n | tail; or raise kernel.pid_max.",
        _pressure("PIDPressure"),
    ),
    *LOST_RULES,
)

VOLUME_RULES: tuple[Rule, ...] = (
    Rule(
        "volume.lost",
        "claim {claim} in {namespace} has lost its volume {volume}",
        "Somebody deleted the PersistentVolume; what was on it is still where it was, unless that went too.",
        "Delete the claim: kubectl -n {namespace} delete pvc {claim}; then {again}",
        claim_lost,
    ),
    Rule(
        "volume.not-bound",
        "claim {claim} in {namespace} has no volume",
        "{message}",
        "Make a volume or a StorageClass that fits the claim, or {fitting}",
        claim_not_bound,
    ),
)

MOUNT_RULES: tuple[Rule, ...] = (
    Rule(
        "volume.not-mounted",
        "{who} cannot mount a volume",
        "{message}",
        "See to it that the claim, folder or export is there; what Airstrip makes it makes again: ./airstrip up",
        not_mounted,
    ),
)

SCHEDULING_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.unschedulable",
        "{who} finds no node",
        "{message}",
        "Give the cluster what is missing, or take the taint away; or ask for less {where}",
        unschedulable,
    ),
)
