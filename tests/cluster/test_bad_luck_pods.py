"""Pods that cannot be made, placed or kept running: `up` says which, why and what to do; then it mends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from airstrip.kube import Cluster
from airstrip.paths import state_dir
from tests.landing import NAME, Landing, eventually

QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "full", "namespace": NAME},
    "spec": {"hard": {"pods": "0"}},
}
CRASHING = """\
patches:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: scheduler}
    spec: {template: {spec: {containers: [
      {name: scheduler, env: [{name: AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY, value: many}]}]}}}
"""
"""Of the scheduler alone: the others need not start anew, twice, for what they do not read."""


@contextmanager
def full_quota(cluster: Cluster) -> Iterator[None]:
    cluster.apply(QUOTA)
    try:
        eventually(
            lambda: "hard" in ((cluster.get("v1", "ResourceQuota", "full", NAME) or {}).get("status") or {}),
            seconds=30,
            what="the quota is counted",
        )
        yield
    finally:
        cluster.delete("v1", "ResourceQuota", "full", NAME, wait=30)


@contextmanager
def tainted_node(cluster: Cluster) -> Iterator[None]:
    """As `kubectl taint` does; the node has no taint of its own."""
    cluster.patch("v1", "Node", NAME, {"spec": {"taints": [{"key": "repair", "effect": "NoSchedule"}]}})
    try:
        yield
    finally:
        cluster.patch("v1", "Node", NAME, {"spec": {"taints": None}})


@contextmanager
def broken_database() -> Iterator[None]:
    """Files of another PostgreSQL, as after an upgrade of the wrong kind: the server ends at its start."""
    (version,) = Path(state_dir(NAME), "volumes").glob("*_data-postgresql-0/pgdata/PG_VERSION")
    right = version.read_bytes()
    version.write_text("9\n")
    try:
        yield
    finally:
        version.write_bytes(right)


def delete_pod(cluster: Cluster, component: str) -> None:
    """Its controller makes another one, or tries to."""
    pods = cluster.list("v1", "Pod", NAME, label_selector=f"app.kubernetes.io/component={component}")
    (pod,) = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    cluster.delete("v1", "Pod", pod["metadata"]["name"], NAME, grace_seconds=1, wait=60)


def failed_up(landing: Landing, *arguments: str) -> tuple[dict[str, Any], set[str]]:
    """The one error of an `up` that cannot land, and the codes of what `doctor` finds beside it."""
    done = landing.airstrip("up", "--yes", "--json", *arguments, timeout=200)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    (error,) = document["errors"]
    assert error["fix"]
    found = {finding["code"] for finding in document["findings"]}
    # What it had not come to yet is nobody's fault.
    assert not {code for code in found if code.endswith((".missing", ".not-landed"))}, found
    return dict(error), found


def test_a_full_quota_is_named_and_its_end_is_seen_at_once(landing: Landing, cluster: Cluster) -> None:
    with full_quota(cluster):
        delete_pod(cluster, "dag-processor")
        error, found = failed_up(landing)
    assert error["code"] == "namespace.quota"
    assert "namespace.quota" in found
    assert "dag-processor" in error["message"]
    assert "exceeded quota: full, requested: pods=1" in error["cause"]
    assert "ResourceQuota" in error["fix"]
    # Its controller would try again after a wait that doubles each time; 30 s is less than what it has come to.
    landing.ok("up", "--yes", "--timeout", "30")


@pytest.mark.slow
def test_a_pod_that_finds_no_node_is_told_in_the_scheduler_s_words(landing: Landing, cluster: Cluster) -> None:
    with tainted_node(cluster):
        delete_pod(cluster, "dag-processor")
        error, found = failed_up(landing, "--timeout", "6")
    assert error["code"] == "pod.unschedulable"
    assert "pod.unschedulable" in found
    assert "dag-processor" in error["message"]
    assert "untolerated taint" in error["cause"]
    assert "taint" in error["fix"]
    landing.ok("up", "--yes")


# Without a database, doctor in faults/test_database.py.
@pytest.mark.slow
def test_a_database_that_does_not_come_is_told_in_its_own_words(landing: Landing, cluster: Cluster) -> None:
    with broken_database():
        delete_pod(cluster, "postgresql")
        error, found = failed_up(landing, "--timeout", "12")
    assert error["code"] == "pod.crash-loop"
    assert any(code.startswith(("database.", "pod.")) for code in found), found
    assert "postgresql-0" in error["message"]
    assert "FATAL:  database files are incompatible with server" in error["details"]
    landing.ok("up", "--yes")
    landing.ok("run", "smoke")


# Two rolls of all of Airflow; without them a pod that crashes again and again is found in faults/test_ending.py.
@pytest.mark.slow
def test_a_component_that_crashes_by_a_setting_is_told_in_its_own_words(landing: Landing) -> None:
    landing.write_file(CRASHING)
    try:
        error, found = failed_up(landing)
        running = landing.airstrip("status", "--json")
    finally:
        landing.write_file()
        landing.ok("up", "--yes")
    assert error["code"] == "pod.crash-loop"
    assert "pod.crash-loop" in found
    assert "scheduler" in error["message"]
    assert 'check "max_tis_per_query" key in "scheduler" section' in error["details"]
    # The scheduler of the release before schedules on.
    seen = json.loads(running.stdout)
    assert (running.returncode, seen["data"]["state"]) == (3, "incomplete")
    assert "deployment.up-failed" in [finding["code"] for finding in seen["findings"]]
    components = {row["component"]: row["ready"] for row in seen["data"]["components"]}
    assert components["scheduler"] == 1
