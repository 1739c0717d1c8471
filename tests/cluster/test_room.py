"""What the file says of Airflow's settings and variables is in force: in the processes, and inside of tasks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
PROCESSES = {"api-server", "scheduler", "dag-processor", "triggerer"}
# Kubernetes would put a variable in the place of $(HOME), where it is not told otherwise.
SETTINGS = """\
airflow:
  config: {core: {default_timezone: Europe/Oslo, parallelism: 8}}
  env: {AIRPORT: "OSL $(HOME)"}
"""


@pytest.fixture
def mended(landing: Landing) -> Iterator[None]:
    yield
    (landing.dags / "settings.py").unlink(missing_ok=True)
    landing.write_file()
    landing.ok("up", "--yes")


def pods(cluster: Cluster) -> dict[str, set[str]]:
    """The uids of each component's pods that are not about to end."""
    found: dict[str, set[str]] = {}
    for pod in cluster.list("v1", "Pod", NAME):
        if "deletionTimestamp" not in pod["metadata"]:
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            found.setdefault(component, set()).add(pod["metadata"]["uid"])
    return found


def rolled(before: dict[str, set[str]], after: dict[str, set[str]]) -> set[str]:
    return {name for name in PROCESSES | {"postgresql"} if before[name] != after[name]}


def printed(landing: Landing) -> str:
    """What the DAG's task prints; the first run waits until the DAG is seen."""
    eventually(
        lambda: landing.airstrip("run", "settings", "--json").returncode == 0, seconds=120, what="the DAG is green"
    )
    return landing.ok("logs", "settings", "show")


@pytest.mark.usefixtures("mended")
def test_settings_and_variables_reach_tasks_and_roll_the_pods(landing: Landing, cluster: Cluster) -> None:
    shutil.copy(DAGS / "settings.py", landing.dags / "settings.py")
    before = pods(cluster)
    landing.write_file(SETTINGS)
    landing.ok("up", "--yes")
    changed = pods(cluster)
    assert rolled(before, changed) == PROCESSES
    assert landing.data("plan")["changed"] is False
    out = printed(landing)
    assert "setting: Europe/Oslo" in out
    assert "variable: OSL $(HOME)" in out

    landing.write_file()
    landing.ok("up", "--yes")
    assert rolled(changed, pods(cluster)) == PROCESSES
    out = printed(landing)
    assert "setting: utc" in out
    assert "variable: none" in out
