"""When a Job has done its work, told by what the cluster has of it at one moment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.kube import Cluster
from airstrip.kube.rollout import Refusals, look_at_job

ONE = {"completions": 1, "parallelism": 1}
COMPLETE = {"conditions": [{"type": "Complete", "status": "True"}]}
FAILED = {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]}


def cluster(spec: dict[str, Any], status: dict[str, Any], phases: tuple[str, ...]) -> Cluster:
    job = {"metadata": {"name": "migration", "uid": "u"}, "spec": spec, "status": status}
    pods = [
        {
            "metadata": {
                "name": f"p{number}",
                "ownerReferences": [{"uid": "u"}],
                "creationTimestamp": "2026-01-01T12:00:00Z",
            },
            "status": {"phase": phase},
        }
        for number, phase in enumerate(phases)
    ]
    found = SimpleNamespace(get=lambda *_: job, list=lambda _, kind, *__, **___: pods if kind == "Pod" else [])
    return cast(Cluster, found)


@pytest.mark.parametrize(
    ("spec", "status", "phases", "done", "failed"),
    [
        (ONE, {}, ("Running",), False, ""),
        (ONE, COMPLETE, (), True, ""),
        # Its controller says so a moment later.
        (ONE, {}, ("Succeeded",), True, ""),
        (ONE, {"failed": 1}, ("Failed", "Succeeded"), True, ""),
        # One of several that work beside each other.
        ({"parallelism": 2}, {}, ("Succeeded", "Running"), False, ""),
        (ONE, FAILED, ("Succeeded",), False, "job.failed"),
    ],
)
def test_a_job_is_done(
    spec: dict[str, Any], status: dict[str, Any], phases: tuple[str, ...], done: bool, failed: str
) -> None:
    seen = cluster(spec, status, phases)
    look = look_at_job(seen, "migration", "airflow", Refusals(seen, "airflow"))
    assert look is not None
    assert (look.done, look.failed) == (done, failed)
