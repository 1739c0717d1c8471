"""Symptoms and what they mean. Each rule is pure: facts in, one match for each thing that it recognises.

Codes are those of errors with the same meaning (kube.troubles), so `doctor CODE` explains both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airstrip.diagnose import database, placement, pods
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields."""

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Callable[[Facts], Iterator[Match]]


RULES: tuple[Rule, ...] = (
    Rule(
        "node.disk-pressure",
        "node {node} is short of disk, and evicts pods",
        "The disk that holds images and containers' data is nearly full.",
        "Free room on that disk; on this machine: ./airstrip node prune",
        placement.disk_pressure,
    ),
    Rule(
        "node.not-ready",
        "node {node} is not ready",
        "Its kubelet, container runtime or network does not work: {message}",
        "On this machine: ./airstrip node stop && ./airstrip node start",
        placement.node_not_ready,
    ),
    Rule(
        "volume.not-bound",
        "claim {claim} in {namespace} has no volume",
        "{message}",
        "Make a volume or a StorageClass that fits the claim, or let Airstrip make it: ./airstrip up",
        placement.claim_not_bound,
    ),
    Rule(
        "volume.not-mounted",
        "{pod} cannot mount a volume",
        "{message}",
        "See to it that the folder, export, Secret or ConfigMap is there, then run: ./airstrip up",
        placement.not_mounted,
    ),
    Rule(
        "image.missing",
        "{pod} cannot get its image {image}",
        "{message}",
        "Build and load it again: ./airstrip up   (with image.ref, check that the reference is right)",
        pods.image_missing,
    ),
    Rule(
        "namespace.quota",
        "{owner} may not make its pods: the quota of {namespace} is used up",
        "{message}",
        "Raise the ResourceQuota of {namespace}, or ask for less.",
        pods.quota,
    ),
    Rule(
        "pod.security-violation",
        "{owner} may not make its pods: {namespace} enforces pod security",
        "{message}",
        "Make the pod keep it; Airstrip's own pods do, so look at what was changed or patched.",
        pods.security_violation,
    ),
    Rule(
        "pod.unschedulable",
        "{pod} finds no node",
        "{message}",
        "Give the cluster what is missing, take the taint away, or ask for less; then run: ./airstrip up",
        placement.unschedulable,
    ),
    Rule(
        "pod.config-error",
        "{pod} cannot be started",
        "{message}",
        "Make it again: ./airstrip up",
        pods.config_error,
    ),
    Rule(
        "database.login-refused",
        "the database refuses the login of {component}",
        "The password in Secret airflow-database is not the one that the database was made with.",
        "Put the old Secret back, or, where the data may go: ./airstrip down --data, then ./airstrip up",
        database.login_refused,
    ),
    Rule(
        "database.unreachable",
        "{component} does not reach the database",
        "The database's pod is down, its Service has no endpoint, or the network is closed in between.",
        "Look at it: ./airstrip logs postgresql; then run: ./airstrip up",
        database.unreachable,
    ),
    Rule(
        "job.failed",
        "Job {job} failed",
        "{message}",
        "Mend what its log says (./airstrip logs {component}), then run: ./airstrip up",
        pods.job_failed,
    ),
    Rule(
        "pod.crash-loop",
        "{pod} ends again and again ({restarts} restarts)",
        "{message}",
        "Mend what its log says, then run: ./airstrip up",
        pods.crash_loop,
    ),
)
"""From the ground up: a cause goes before what it brings about."""
