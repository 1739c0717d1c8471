"""DAGs as the last layer of the image: there after `up`, with the image's digest, and no other pod rolls for them."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.cluster.test_room import pods, rolled
from tests.landing import NAME, Landing, eventually

MARK = secrets.token_hex(8)
DAG = Path(__file__).parent / "dags" / "baked.py"
OTHER = "from airflow.sdk import dag\n\n\n@dag(schedule=None)\ndef NAME():\n    pass\n\n\nNAME()\n"


@dataclass(frozen=True)
class Baked:
    landing: Landing

    @property
    def folder(self) -> Path:
        return self.landing.folder / "baked"

    def write(self, word: str, *others: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "words" / "__pycache__").mkdir(parents=True)
        (self.folder / "words" / "__pycache__" / "said.pyc").write_text("of another Python")
        # Of this run alone: the cache keeps the images of those before it.
        (self.folder / "words" / "said.py").write_text(f"WORD = {word!r}\nMARK = {MARK!r}\n")
        shutil.copy(DAG, self.folder)
        for name in others:
            (self.folder / f"{name}.py").write_text(OTHER.replace("NAME", name))

    def versions(self) -> dict[str, str]:
        return {row["dag"]: row["version"] for row in self.landing.data("dags", "list")["dags"]}

    def run(self) -> list[str]:
        return self.landing.ok("run", "baked").splitlines()


@pytest.fixture(scope="module")
def baked(landing: Landing) -> Iterator[Baked]:
    """Lands with DAGs in the image."""
    baked = Baked(landing)
    baked.write("FIRST", "leaves")
    landing.file.write_text(f"apiVersion: airstrip/v1\nname: {NAME}\ndags: {{image: {{path: baked}}}}\n")
    landing.ok("up", "--yes")
    yield baked
    shutil.rmtree(baked.folder)


def image_of_tasks(airflow: AirflowClient, cluster: Cluster) -> str:
    """What the pod of a task of a new run is made from."""
    airflow.unpause("baked")
    run = airflow.trigger("baked")
    found: list[str] = []

    def is_there() -> bool:
        for pod in cluster.list("v1", "Pod", f"{NAME}-workers"):
            if (pod["metadata"].get("annotations") or {}).get("run_id") == run.run_id:
                found.append(pod["spec"]["containers"][0]["image"])
        return bool(found)

    eventually(is_there, seconds=60, what="the task has a pod")
    eventually(lambda: airflow.dag_run("baked", run.run_id).ended, seconds=60, what="the run ends")
    assert airflow.dag_run("baked", run.run_id).state == "success"
    return found[0]


def test_what_the_image_has_is_there_after_up(baked: Baked, airflow: AirflowClient, cluster: Cluster) -> None:
    processor = cluster.get("apps/v1", "Deployment", "dag-processor", NAME) or {}
    template = processor["spec"]["template"]["spec"]
    image = template["containers"][0]["image"]
    digest = image.partition("@")[2]
    assert baked.versions() == {"baked": digest, "leaves": digest}
    assert image_of_tasks(airflow, cluster) == image
    assert [volume["name"] for volume in template["volumes"] if "persistentVolumeClaim" in volume] == []


def test_a_change_comes_with_up_and_rolls_who_runs_dags(baked: Baked, cluster: Cluster) -> None:
    before, landed = pods(cluster), baked.versions()["baked"]
    baked.write("SECOND", "comes")
    plan = baked.landing.data("plan")
    (command,) = next(stage for stage in plan["stages"] if stage["name"] == "image")["commands"]
    assert command.startswith(f"add the DAGs of {baked.folder} to the image: ")
    # What the test below sees of it.
    assert {row["file"]: row["change"] for row in plan["dags"]["delivered"]["files"]} == {
        "comes.py": "added",
        "leaves.py": "removed",
        "words/said.py": "changed",
    }
    assert sorted(plan["dags"]["rolls"]) == ["dag-processor", "scheduler"]
    assert baked.landing.airstrip("verify", "--only", "dags").returncode == 3

    told = baked.landing.airstrip("up", "--yes").stderr

    # A layer of some kilobytes: the others are there, here and in the node.
    assert re.search(r"Import localhost/airstrip/airflow-dags into the node: done in [\d.]+ s \(\d+ kB\)", told), told
    assert rolled(before, pods(cluster)) == {"dag-processor", "scheduler"}
    versions = baked.versions()
    assert versions.keys() == {"baked", "comes"}
    assert versions["baked"] not in (landed, None)
    said = "\n".join(baked.run())
    assert "the word is SECOND" in said
    assert "mounted: False" in said
    assert "files: ['baked.py', 'comes.py', 'words/said.py']" in said


def test_what_is_landed_needs_no_change_and_is_proved(baked: Baked) -> None:
    assert baked.landing.data("plan")["changed"] is False
    properties = baked.landing.data("verify", "--only", "dags", "--only", "versions", "--only", "migration")
    assert {row["property"]: row["state"] for row in properties["properties"]} == dict.fromkeys(
        ("dags", "versions", "migration"), "proved"
    )


def test_a_broken_dag_is_refused_and_what_ran_runs_on(baked: Baked, cluster: Cluster) -> None:
    """As it was: nothing of the file is there that tasks could see."""
    before, landed = pods(cluster), baked.versions()
    (baked.folder / "words" / "said.py").write_text("1 / 0\n")
    written = baked.landing.file.read_text()
    baked.landing.file.write_text(f"{written}projects: {{refused: {{config: {{REGION: eu}}}}}}\n")
    try:
        done = baked.landing.airstrip("up", "--yes")
    finally:
        baked.landing.file.write_text(written)
    assert cluster.get("v1", "ConfigMap", "refused", f"{NAME}-workers") is None
    assert (done.returncode, "[dags.broken]" in done.stderr) == (3, True), done.stderr
    assert "baked.py" in done.stderr
    assert rolled(before, pods(cluster)) == set()
    assert baked.versions() == landed


def test_a_folder_that_cannot_be_in_an_image_is_told_before_anything(baked: Baked) -> None:
    (baked.folder / "away.py").symlink_to("/etc/hostname")
    done = baked.landing.airstrip("up", "--yes")
    assert (done.returncode, "[dags.not-sendable]" in done.stderr) == (2, True), done.stderr
    assert "Start the node" not in done.stderr
