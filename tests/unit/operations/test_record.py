"""The record of a landing: whole while it is made, and of one that failed without what it did not come to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from airstrip.errors import WaitTimeout
from airstrip.kube import Cluster, inventory
from airstrip.kube.inventory import Entry
from airstrip.operations.record import recorded

OLD, NEW = (Entry("v1", "ConfigMap", "n", name) for name in ("old", "new"))
MADE = Entry("v1", "ConfigMap", "n", "made")
SCHEDULER = Entry("apps/v1", "Deployment", "n", "scheduler")
WANTED = frozenset({OLD, NEW, MADE, SCHEDULER})


class There:
    """A cluster that has these objects, and the record."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = {(entry.kind, entry.name) for entry in entries}
        self.record: dict[str, Any] | None = None

    def get(self, _: str, kind: str, name: str, __: str | None) -> dict[str, Any] | None:
        if name == inventory.NAME:
            return self.record
        return {"kind": kind} if (kind, name) in self.entries else None

    def apply(self, item: dict[str, Any]) -> None:
        self.record = item


@pytest.fixture
def cluster() -> Cluster:
    there = cast(Cluster, There(OLD, MADE))
    inventory.write(there, "n", frozenset({OLD}))
    return there


def test_all_that_is_wanted_is_recorded_before_it_is_made(cluster: Cluster) -> None:
    with recorded(cluster, "n", WANTED) as previous:
        assert previous == {OLD}
        assert inventory.read(cluster, "n") == WANTED
    assert inventory.read(cluster, "n") == WANTED


def test_what_a_landing_that_failed_did_not_come_to_is_forgotten(cluster: Cluster) -> None:
    """doctor would tell that somebody deleted it."""
    with pytest.raises(WaitTimeout), recorded(cluster, "n", WANTED):
        raise WaitTimeout("job.failed", "no")
    assert inventory.read(cluster, "n") == {OLD, MADE, SCHEDULER}


def test_what_was_pruned_meanwhile_stays_so(cluster: Cluster) -> None:
    def prune_and_fail() -> None:
        inventory.write(cluster, "n", WANTED - {OLD})
        raise WaitTimeout("airflow.not-ready", "no")

    with pytest.raises(WaitTimeout), recorded(cluster, "n", WANTED - {OLD}):
        prune_and_fail()
    assert inventory.read(cluster, "n") == {MADE, SCHEDULER}


def test_one_that_is_interrupted_leaves_all_to_down(cluster: Cluster) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(cluster, "n", WANTED):
        raise KeyboardInterrupt
    assert inventory.read(cluster, "n") == WANTED
