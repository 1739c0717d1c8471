"""An `up` that fails says why and leaves evidence; the next `up` mends it. A ready image."""

from __future__ import annotations

import json

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

ABSENT = "localhost/airstrip/absent@sha256:" + "0" * 64


def migrations(cluster: Cluster) -> dict[str, dict[str, object]]:
    jobs = cluster.list("batch/v1", "Job", NAME, label_selector="app.kubernetes.io/component=migration")
    return {job["metadata"]["name"]: job for job in jobs}


def image_of(cluster: Cluster, component: str) -> str:
    found = cluster.get("apps/v1", "Deployment", component, NAME)
    assert found is not None
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def test_an_image_that_is_missing_is_named_and_leaves_the_old_release_running(
    landing: Landing, cluster: Cluster
) -> None:
    """The history tells of it, and of the release that mended it."""
    running = image_of(cluster, "scheduler")
    landing.write_file(f"image: {{ref: '{ABSENT}'}}\n")
    try:
        done = landing.airstrip("up", "--yes", "--json", timeout=120)
        landing.ok("run", "smoke")
        assert image_of(cluster, "scheduler") == running
    finally:
        landing.write_file()
        landing.ok("up", "--yes")
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "image.missing"
    assert ABSENT in error["message"] + error["cause"] + error["details"]
    assert error["fix"]
    assert len(migrations(cluster)) == 1

    releases = landing.data("status", "--history")["history"]
    failed, landed = releases[-2:]
    assert (failed["state"], failed["error"]) == ("failed", "image.missing")
    assert (landed["state"], landed["error"]) == ("landed", "")
    assert [row["revision"] for row in releases] == sorted({row["revision"] for row in releases})
    assert all("@" in row["by"] and row["at"].endswith("Z") for row in releases)


def test_a_migration_that_failed_is_made_anew(landing: Landing, cluster: Cluster) -> None:
    ((name, job),) = migrations(cluster).items()
    cluster.delete("batch/v1", "Job", name, NAME, wait=60)
    spec = json.loads(json.dumps(job["spec"]))
    pod = spec["template"]["spec"]
    pod["containers"][0]["args"] = ["false"]
    labels = {"app.kubernetes.io/component": "migration"}
    failing = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAME, "labels": labels},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    cluster.apply(failing)
    eventually(lambda: conditions(cluster, name).get("Failed") == "True", seconds=60, what="the Job fails")

    landing.ok("up", "--yes")
    # `up` goes by the pod; the Job's controller says so a moment later.
    eventually(lambda: conditions(cluster, name).get("Complete") == "True", seconds=20, what="the Job is complete")


def conditions(cluster: Cluster, job: str) -> dict[str, str]:
    found = migrations(cluster)[job].get("status") or {}
    assert isinstance(found, dict)
    return {entry["type"]: entry["status"] for entry in found.get("conditions") or ()}


@pytest.mark.slow
def test_a_ready_image_is_landed_by_its_digest(landing: Landing, cluster: Cluster) -> None:
    built = image_of(cluster, "scheduler")
    assert "@sha256:" in built
    landing.write_file(f"image: {{ref: '{built}'}}\n")
    try:
        assert landing.data("up", "--yes")["changed"] == 0
        landing.ok("run", "smoke")
    finally:
        landing.write_file()
        # Of the image's other name there is a release in the history, and now one after it.
        landing.ok("up", "--yes")
