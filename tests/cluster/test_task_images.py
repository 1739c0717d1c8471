"""A task image where tasks run: its check, a change of it, and a task that is run by its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.kube import Cluster
from tests.image.engines import running_docker
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
WORKERS = f"{NAME}-workers"


@pytest.fixture(scope="module")
def mine(landing: Landing) -> Iterator[Path]:
    """The folder of an own image."""
    landing.ok("image", "new", "mine", "--from", "python-basic")
    yield landing.folder / "images" / "mine"
    shutil.rmtree(landing.folder / "images", ignore_errors=True)
    (landing.dags / "task_image.py").unlink(missing_ok=True)


def test_an_image_is_tested_where_tasks_run_and_named_by_a_task(landing: Landing, mine: Path) -> None:
    built = landing.data("image", "build", "mine")["tasks"]["mine"]
    shutil.copy(DAGS / "task_image.py", landing.dags / "task_image.py")
    told = landing.data("image", "test", "mine")
    assert told["reference"] == built
    assert told["code"] == 0
    assert told["log"][0].startswith("python-basic works:")

    runs: list[str] = []

    def is_run() -> bool:
        done = landing.airstrip("run", "task_image", "--json")
        runs.append(done.stdout)
        assert done.returncode != 3, done.stdout
        return done.returncode == 0

    eventually(is_run, seconds=90, what="the DAG is seen")
    assert "READ 50000 0 airstrip_pods 0." in runs[-1]


@pytest.mark.slow
def test_a_check_that_fails_says_what_it_said_and_leaves_nothing(
    landing: Landing, cluster: Cluster, mine: Path
) -> None:
    (mine / "check.py").write_text("print('half a check')\nraise SystemExit(7)\n")
    landing.ok("image", "build", "mine")
    done = landing.airstrip("image", "test", "mine", "--json")
    assert done.returncode == 3
    data = json.loads(done.stdout)["data"]
    assert (data["code"], data["log"]) == (7, ["half a check"])
    assert [job for job in cluster.list("batch/v1", "Job", WORKERS) if "image-check" in job["metadata"]["name"]] == []


@pytest.mark.slow
def test_what_docker_builds_is_landed_and_runs_without_it(
    landing: Landing, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Airflow's own image and a task's, by Debian's docker.io."""
    before = images(cluster)
    landing.write_file("image: {builder: docker}\n")
    try:
        # Sockets have short names.
        folder = tmp_path_factory.mktemp("engine") / "docker"
        with running_docker(folder) as environment, monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            landing.ok("up", "--yes")
            landing.ok("image", "new", "docked", "--from", "python-basic")
            built = landing.data("image", "build", "docked")["tasks"]["docked"]
        assert not images(cluster) & before
        told = landing.data("image", "test", "docked")
        assert (told["reference"], told["code"]) == (built, 0)
        assert told["log"][0].startswith("python-basic works:")
        assert landing.data("run", "smoke")["state"] == "success"
        assert landing.data("plan")["changed"] is False
    finally:
        shutil.rmtree(landing.folder / "images" / "docked", ignore_errors=True)
        landing.write_file()
        landing.ok("up", "--yes")


def images(cluster: Cluster) -> set[str]:
    """Of Airflow's components."""
    deployments = (cluster.get("apps/v1", "Deployment", name, NAME) for name in ("api-server", "scheduler"))
    return {each["spec"]["template"]["spec"]["containers"][0]["image"] for each in deployments if each}
