"""Every example on the node, all at once: as `init` writes them, and with what their pages say that they print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from airstrip.airflow_api import AirflowClient, DagRun
from airstrip.kube import Cluster
from airstrip.operations.examples import find_examples
from tests.example_pages import PAGES as ALL
from tests.example_pages import images_of_the_library, masked, shown
from tests.landing import NAME, Landing, eventually

# Packages of theirs are in Airflow's image, which is built anew for them.
WITH_PACKAGES = [name for name in ALL if "image" in find_examples((name,))[0].needs]
PAGES = {name: page for name, page in ALL.items() if name not in WITH_PACKAGES}
# On the two cores of a small machine, a hundred pods take minutes.
FEW = {"mapping": {"items": 4}}


@pytest.fixture(scope="module")
def written(landing: Landing) -> Iterator[list[str]]:
    """All of them in the landing's own folder, by one call, and the landing with what they need."""
    with landing.dags_for_a_while():
        yield landing.data("init", *options(PAGES))["written"]
    landing.write_file()
    landing.ok("up", "--yes")


@pytest.fixture(scope="module")
def runs(landing: Landing, airflow: AirflowClient, written: list[str]) -> dict[str, DagRun]:
    """The run of each, ended."""
    landing.ok("up", "--yes")
    for name in images_of_the_library(written):
        landing.ok("image", "build", name)
    ids = {f"example_{name}" for name in PAGES}
    eventually(lambda: ids <= {dag.dag_id for dag in airflow.dags()}, seconds=60, what="all examples are listed")
    begun = {name: start(airflow, name) for name in PAGES}
    ended: dict[str, DagRun] = {}

    def have_all() -> bool:
        for name in begun.keys() - ended.keys():
            run = airflow.dag_run(f"example_{name}", begun[name].run_id)
            if run.ended:
                ended[name] = run
        return len(ended) == len(begun)

    eventually(have_all, seconds=480, what="all examples have ended")
    return ended


def options(names: Iterable[str]) -> list[str]:
    return [word for name in names for word in ("--example", name)]


def start(airflow: AirflowClient, name: str) -> DagRun:
    airflow.unpause(f"example_{name}")
    return airflow.trigger(f"example_{name}", FEW.get(name))


def printed(airflow: AirflowClient, run: DagRun) -> list[str]:
    """`task | line` of every task's last try, and its state, as `run` prints them."""
    lines = []
    for task in airflow.task_instances(run.dag_id, run.run_id):
        item = task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
        lines.append(f"{item} {task.state}")
        log = airflow.task_log(
            run.dag_id, run.run_id, task.task_id, try_number=task.try_number, map_index=task.map_index
        )
        lines += [f"{item} | {text}" for record in log.records for text in record.lines()]
    return [masked(re.sub(r"\| \S+Z [A-Z]+ ", "| ", line)) for line in lines]


def test_init_writes_each_with_its_own_dag_and_changes_what_is_there(landing: Landing, written: list[str]) -> None:
    assert written[0] == str(landing.file)
    assert {f"{landing.dags}/example_{name}.py" for name in PAGES} <= set(written)
    assert f"name: {NAME}" in landing.file.read_text()
    assert landing.data("init", *options(PAGES))["written"] == []


def test_each_run_ends_well(runs: dict[str, DagRun]) -> None:
    assert {name: run.state for name, run in runs.items()} == dict.fromkeys(PAGES, "success")


@pytest.mark.parametrize("name", [name for name in PAGES if name not in FEW])
def test_it_prints_what_its_page_says(airflow: AirflowClient, runs: dict[str, DagRun], name: str) -> None:
    wanted = shown(PAGES[name])
    assert wanted
    found = printed(airflow, runs[name])
    assert [line for line in wanted if line not in found] == [], "\n".join(found)


def test_as_many_tasks_as_a_run_is_given_items(airflow: AirflowClient, runs: dict[str, DagRun]) -> None:
    found = printed(airflow, runs["mapping"])
    assert [f"square[{index}] success" for index in range(4)] == sorted(line for line in found if " | " not in line)[
        1:5
    ]
    assert "total | 4 squares, 30 in all" in found


def test_checked_against_what_the_deployment_has_nothing_is_wrong(landing: Landing, runs: dict[str, DagRun]) -> None:
    """Their projects, pools and objects are there."""
    document = json.loads(landing.ok("dags", "check", "--json"))
    assert document["data"]["defects"] == []


def test_files_of_the_project_are_in_its_folder_and_whole(
    landing: Landing, cluster: Cluster, runs: dict[str, DagRun]
) -> None:
    folder = Path(landing.data("project", "show", "examples")["folder"])
    assert (folder / "pipeline/orders.csv").read_text().splitlines() == [
        "customer,amount",
        "Ada,120.5",
        "Bob,5",
        "Grace,200",
    ]
    assert not list(folder.rglob("*.part"))
    assert cluster.get("v1", "ConfigMap", "examples", f"{NAME}-workers") is not None


@pytest.mark.slow  # a hundred pods
def test_a_hundred_items_are_a_hundred_pods(landing: Landing, written: list[str]) -> None:
    landing.ok("up", "--yes")
    data = landing.data("run", "example_mapping")
    assert sum(task["task"] == "square" and task["state"] == "success" for task in data["tasks"]) == 100
    (line,) = (line for line in shown(PAGES["mapping"]) if line.startswith("total | "))
    assert any(line.partition(" | ")[2] in told for told in data["logs"]["total"])


@pytest.mark.slow  # an image of Airflow that nothing else needs
def test_those_with_packages_of_their_own(landing: Landing, airflow: AirflowClient, written: list[str]) -> None:
    landing.ok("init", *options(WITH_PACKAGES))
    landing.ok("up", "--yes")
    for name in WITH_PACKAGES:
        run = airflow.dag_run(f"example_{name}", landing.data("run", f"example_{name}")["run"])
        found = printed(airflow, run)
        assert [line for line in shown(ALL[name]) if line not in found] == [], "\n".join(found)
    folder = Path(landing.data("project", "show", "examples")["folder"])
    (picture,) = folder.glob("papermill/*/rides.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    (after,) = folder.glob("papermill/*/rides.ipynb")
    assert "817 rides in 7 days" in after.read_text()
    (report,) = folder.glob("duckdb/*/report.csv")
    assert len(report.read_text().splitlines()) == 12
