"""Pods are listed once, however many there are: those that go are told by how long they have been going."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip import times
from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.cluster_probe import cluster_probes
from airstrip.diagnose.namespace_facts import WorkloadFact
from airstrip.diagnose.pod_probe import read_pods
from airstrip.diagnose.probes import Probe, run_probes
from airstrip.kube import Cluster

MADE = "2026-01-01T00:00:00Z"


class Listing:
    """A cluster in which one pod runs, another one goes, and so does its namespace."""

    def __init__(self) -> None:
        self.lists = 0

    def get(self, _: str, kind: str, name: str, __: str | None = None) -> dict[str, Any] | None:
        metadata = {"name": name, "deletionTimestamp": MADE, "finalizers": ["a"]}
        return (
            {"metadata": metadata, "status": {"phase": "Terminating"}} if (kind, name) == ("Namespace", "w") else None
        )

    def list(self, _: str, kind: str, namespace: str = "", **__: str) -> list[dict[str, Any]]:
        if (kind, namespace) != ("Pod", "w"):
            return []
        self.lists += 1
        ends = {"going": {"deletionTimestamp": MADE, "finalizers": ["b"]}, "there": {}}
        metadata = ({"namespace": "w", "name": name, "creationTimestamp": MADE, **more} for name, more in ends.items())
        return [{"metadata": each, "spec": {}} for each in metadata]


def test_pods_and_namespaces_that_go_are_both_told_by_one_list() -> None:
    listing = Listing()
    cluster = cast(Cluster, listing)
    every = cluster_probes(lambda: cluster, DeploymentFact("x", "c", "w"))
    wanted = [probe for probe in every if probe.name in ("namespaces", "pods")]
    facts = run_probes([Probe("kubernetes", lambda _: Facts()), *wanted], Facts())
    assert [pod.name for pod in facts.pods] == ["there"]
    found = sorted((stuck.kind, stuck.name, *stuck.finalizers) for stuck in facts.stuck)
    assert found == [("Namespace", "w", "a"), ("Pod", "going", "b")]
    assert listing.lists == 1
    assert {stuck.seconds > 0 for stuck in facts.stuck} == {True}


def test_a_namespace_that_is_there_is_not_stuck() -> None:
    there = SimpleNamespace(get=lambda *_: {"metadata": {"name": "c"}}, list=lambda *_, **__: [])
    every = cluster_probes(lambda: cast(Cluster, there), DeploymentFact("x", "c", "c"))
    facts = next(probe for probe in every if probe.name == "namespaces").collect(Facts())
    assert (facts.stuck, [each.phase for each in facts.namespaces]) == ((), ["Active"])


@pytest.mark.parametrize(
    ("late", "component", "codes"),
    [
        (-25, "postgresql", []),
        (5, "postgresql", []),
        (60, "postgresql", ["pod.stuck-terminating", "component.not-ready"]),
        (-25, "scheduler", ["component.not-ready"]),
    ],
)
def test_a_component_whose_one_pod_has_its_time_to_end_is_not_told_as_not_ready(
    late: int, component: str, codes: list[str]
) -> None:
    """A StatefulSet makes the next one after it. The API server writes by when it is to be gone."""
    by = (times.now() - datetime.timedelta(seconds=late)).isoformat()
    labels = {"app.kubernetes.io/component": component}
    going = {"namespace": "c", "name": f"{component}-0", "creationTimestamp": MADE, "deletionTimestamp": by}
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_: [{"metadata": {**going, "labels": labels}, "spec": {}}]))
    seen = read_pods(cluster, "c", deployment="x")
    wanting = (WorkloadFact("StatefulSet", "c", "postgresql", "postgresql", 1, 0),)
    found = diagnose(Facts(stuck=seen.stuck, workloads=wanting))
    assert [finding.code for finding in found] == codes
