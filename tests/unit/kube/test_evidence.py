"""What a wait that failed tells of pods, which people pass on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.errors import WaitTimeout
from airstrip.kube import Cluster
from airstrip.kube.evidence import gather
from airstrip.kube.wait import wait_for_job

SAID = "tried postgresql://ada:hunter2@db/x"
POD = {
    "metadata": {
        "name": "p",
        "uid": "u",
        "namespace": "n",
        "creationTimestamp": "2026-01-01T12:00:00Z",
        "ownerReferences": [{"uid": "j"}],
    },
    "spec": {"containers": []},
    "status": {"phase": "Failed", "reason": "Evicted", "message": SAID},
}
EVENT = {"involvedObject": {"name": "p", "uid": "u"}, "type": "Warning", "reason": "Unhealthy", "message": SAID}
JOB = {
    "metadata": {"name": "migration", "uid": "j"},
    "spec": {"completions": 1, "parallelism": 1},
    "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": SAID}]},
}


def cluster() -> Cluster:
    found = SimpleNamespace(
        get=lambda *_: JOB, list=lambda _, kind, *__, **___: [POD] if kind == "Pod" else [], events=lambda _: [EVENT]
    )
    return cast(Cluster, found)


def test_what_events_say_is_told_without_passwords() -> None:
    _, text = gather(cluster(), "n", [POD], [])
    assert "p: Unhealthy: tried postgresql://***@db/x" in text
    assert "hunter2" not in text


def test_the_cause_of_a_wait_that_failed_is_told_without_passwords() -> None:
    with pytest.raises(WaitTimeout) as raised:
        wait_for_job(cluster(), "migration", "n", timeout=1)
    assert "postgresql://***@db/x" in raised.value.cause
    assert "hunter2" not in str(raised.value.to_dict())
