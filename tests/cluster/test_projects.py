"""A project of the file and one of the command line: their pods, their data, their pools, and their ends."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.cluster.test_room import PROCESSES, pods, rolled
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
WORKERS = f"{NAME}-workers"
DECLARED = """\
projects:
  sales:
    config: {REGION: eu}
    secrets: {API_TOKEN: "file:sales-token"}
    pool: 2
    requests: {cpu: 50m, memory: 128Mi}
    limits: {memory: 512Mi}
"""
OBJECTS = ("ConfigMap", "Secret", "ServiceAccount")


@pytest.fixture(scope="module", autouse=True)
def mended(landing: Landing) -> Iterator[None]:
    (landing.folder / "sales-token").write_text("hunter2\n")
    yield
    (landing.dags / "projects.py").unlink(missing_ok=True)
    (landing.folder / "sales-token").unlink()
    landing.write_file()
    for project in landing.data("project", "list")["projects"]:
        landing.airstrip("project", "remove", project["name"], "--data", "--yes")


def objects(cluster: Cluster, name: str) -> list[str]:
    return [kind for kind in OBJECTS if cluster.get("v1", kind, name, WORKERS)]


def slots(airflow: AirflowClient) -> dict[str, int]:
    return {name: pool.slots for name, pool in airflow.pools.all().items() if name != "default_pool"}


def green(landing: Landing, dag: str) -> dict[str, str]:
    """The logs of a run, by task; the first waits until the DAG is seen."""
    told: list[dict[str, Any]] = []

    def runs() -> bool:
        done = landing.airstrip("run", dag, "--json")
        told.append(json.loads(done.stdout))
        # A run that was made and failed is not tried again.
        assert done.returncode != 3, done.stdout
        return done.returncode == 0

    eventually(runs, seconds=90, what=f"{dag} is seen")
    return logs_of(told[-1])


def logs_of(document: dict[str, Any]) -> dict[str, str]:
    logs: dict[str, list[str]] = document["data"]["logs"]
    return {name: "\n".join(lines) for name, lines in logs.items()}


def check_pods(logs: dict[str, str], name: str, region: str, secret: str, memory: int) -> None:
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    for task in ("write", "pod"):
        assert f"'region': '{region}'" in logs[task], logs[task]
        assert hashed in logs[task], logs[task]
        assert secret not in logs[task]
    assert f"'pool': '{name}'" in logs["write"]
    assert "'uid': 50000" in logs["write"]
    assert f"'text': 'from {name}'" in logs["pod"]
    assert "'token': False" in logs["pod"]
    assert f"'memory': '{memory}'" in logs["pod"]
    # Both see this project's folder, and nothing else.
    assert f"READ from {name} and back ['first.txt', 'second.txt']" in logs["read"], logs["read"]


def test_a_project_of_the_file_and_one_of_the_command_line(
    landing: Landing, cluster: Cluster, airflow: AirflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pods(cluster)
    landing.write_file(DECLARED)
    landing.ok("up", "--yes")
    monkeypatch.setenv("RIDES_TOKEN", "tr0ub4dor")
    line = "REGION=us --secret API_TOKEN=env:RIDES_TOKEN --pool 1 --request memory=128Mi --limit memory=256Mi"
    added = landing.airstrip("project", "add", "rides", *line.split())
    assert added.returncode == 0, added.stderr
    assert "tr0ub4dor" not in added.stdout + added.stderr
    # Neither a file's projects nor an added one start anything of Airflow anew.
    assert rolled(before, pods(cluster)) == set(), PROCESSES
    assert slots(airflow) == {"rides": 1, "sales": 2}
    assert objects(cluster, "sales") == objects(cluster, "rides") == list(OBJECTS)

    shutil.copy(DAGS / "projects.py", landing.dags / "projects.py")
    with ThreadPoolExecutor() as both:
        sales, rides = both.map(partial(green, landing), ("project_sales", "project_rides"))
    check_pods(sales, "sales", "eu", "hunter2", 512 << 20)
    check_pods(rides, "rides", "us", "tr0ub4dor", 256 << 20)

    folder = Path(landing.data("project", "show", "rides")["folder"])
    assert (folder / "second.txt").read_text() == "from rides and back"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2775
    assert folder.stat().st_gid == 0

    assert landing.data("plan")["changed"] is False
    assert landing.data("up", "--yes")["changed"] == 0
    assert objects(cluster, "rides") == list(OBJECTS)


def test_a_change_is_there_for_the_next_pods_and_rolls_nothing(landing: Landing, cluster: Cluster) -> None:
    before = pods(cluster)
    landing.ok("project", "set", "rides", "REGION=ap", "--limit", "memory=384Mi")
    assert rolled(before, pods(cluster)) == set()

    told: list[str] = []

    def is_told() -> bool:
        told.append(landing.airstrip("run", "project_rides", "--json").stdout)
        return f"'memory': '{384 << 20}'" in told[-1]

    # DAG files that do not change are parsed every half minute.
    eventually(is_told, seconds=120, what="the DAG has the new limit")
    document = json.loads(told[-1])
    assert document["ok"]
    check_pods(logs_of(document), "rides", "ap", "tr0ub4dor", 384 << 20)


def test_what_the_file_declares_is_not_changed_elsewhere(landing: Landing) -> None:
    for line in ("set sales REGION=us", "unset sales REGION", "remove sales --yes", "add sales"):
        done = landing.airstrip("project", *line.split(), "--json")
        (error,) = json.loads(done.stdout)["errors"]
        assert error["code"] == "project.declared"
        assert f"{landing.file}:5" in error["message"]


def test_what_up_and_remove_take_away_and_what_they_leave(
    landing: Landing, cluster: Cluster, airflow: AirflowClient
) -> None:
    (landing.dags / "projects.py").unlink(missing_ok=True)
    of_sales = Path(landing.data("project", "show", "sales")["folder"])
    landing.write_file()
    landing.ok("up", "--yes")
    assert objects(cluster, "sales") == []
    assert objects(cluster, "rides") == list(OBJECTS)
    assert slots(airflow) == {"rides": 1}
    assert (of_sales / "first.txt").is_file()

    assert landing.airstrip("project", "remove", "rides").returncode == 2
    folder = Path(landing.data("project", "show", "rides")["folder"])
    landing.ok("project", "remove", "rides", "--yes")
    assert objects(cluster, "rides") == []
    assert slots(airflow) == {}
    assert (folder / "first.txt").is_file()

    for name in ("rides", "sales"):
        landing.ok("project", "add", name)
        landing.ok("project", "remove", name, "--data", "--yes")
        assert not (folder.parent / name).exists()
    assert not [job for job in cluster.list("batch/v1", "Job", WORKERS) if "data" in job["metadata"]["name"]]
    assert landing.data("project", "list")["projects"] == []
