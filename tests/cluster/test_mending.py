"""An `up` that fails says why and leaves evidence; the next `up` mends it. What changes in the file is landed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
ABSENT = "localhost/airstrip/absent@sha256:" + "0" * 64


@pytest.fixture(autouse=True)
def mended(landing: Landing) -> Iterator[None]:
    """Whatever a test does to the file, the others find the landing as it was."""
    yield
    landing.write_file()
    landing.ok("up", "--yes")


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
    running = image_of(cluster, "scheduler")
    landing.write_file(f"image: {{ref: '{ABSENT}'}}\n")
    done = landing.airstrip("up", "--yes", "--json", timeout=120)
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "image.missing"
    assert ABSENT in error["message"] + error["cause"] + error["details"]
    assert error["fix"]
    assert image_of(cluster, "scheduler") == running
    landing.ok("run", "smoke")

    landing.write_file()
    landing.ok("up", "--yes")
    assert len(migrations(cluster)) == 1


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


def test_a_ready_image_is_landed_by_its_digest(landing: Landing, cluster: Cluster) -> None:
    built = image_of(cluster, "scheduler")
    assert "@sha256:" in built
    landing.write_file(f"image: {{ref: '{built}'}}\n")
    assert landing.data("up", "--yes")["changed"] == 0
    landing.ok("run", "smoke")


def test_another_dags_folder_is_read_after_up(landing: Landing) -> None:
    other = landing.folder / "other dags"
    other.mkdir(exist_ok=True)
    shutil.copy(DAGS / "elsewhere.py", other)
    landing.write_file(dags="other dags")
    landing.ok("up", "--yes")
    eventually(lambda: landing.airstrip("run", "elsewhere").returncode == 0, seconds=60, what="its DAG runs green")
