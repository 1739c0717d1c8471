"""What task pods can see and do, told from inside pods of each kind; and who rolls when a Secret changes."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
REFUSED = {401, 403}
FORBIDDEN = (
    "list Secrets of the workers",
    "list Secrets of the control plane",
    "list pods of the control plane",
    "create a pod in the control plane",
    "list nodes",
)


@pytest.fixture(scope="module")
def looks(landing: Landing, airflow: AirflowClient) -> dict[str, dict[str, Any]]:
    """What each kind of pod told, by the task's id."""
    shutil.copy(DAGS / "isolation.py", landing.dags)
    eventually(
        lambda: any(dag.dag_id == "isolation" for dag in airflow.dags()), seconds=15, what="a saved DAG is listed"
    )
    logs = landing.data("run", "isolation")["logs"]
    found = {}
    for task, lines in logs.items():
        (told,) = {line.partition("LOOK ")[2] for line in lines if 'LOOK {"uid"' in line}
        found[task] = json.loads(told)
    return found


@pytest.mark.parametrize("kind", ["plain", "with_account", "pod"])
def test_no_secret_of_the_control_plane_is_in_a_task_s_pod(looks: dict[str, dict[str, Any]], kind: str) -> None:
    look = looks[kind]
    assert look["uid"] == 50000
    assert look["variables"] == []
    assert look["files"] == []


@pytest.mark.parametrize("kind", ["plain", "with_account"])
def test_a_task_writes_into_no_part_of_its_image_and_not_into_the_dags(
    looks: dict[str, dict[str, Any]], kind: str
) -> None:
    assert looks[kind]["writable"] == []


@pytest.mark.parametrize("kind", ["plain", "with_account", "pod"])
def test_the_api_server_refuses_what_tasks_must_not_do(looks: dict[str, dict[str, Any]], kind: str) -> None:
    answers = looks[kind]["answers"]
    assert {what: answers[what] for what in FORBIDDEN if answers[what] not in REFUSED} == {}


def test_only_a_task_that_uses_the_api_has_a_token_and_lists_pods(looks: dict[str, dict[str, Any]]) -> None:
    assert looks["plain"]["token"] is False
    assert looks["plain"]["answers"]["list pods of the workers"] in REFUSED
    assert looks["with_account"]["token"] is True
    assert looks["with_account"]["answers"]["list pods of the workers"] == 200
    assert looks["pod"]["answers"]["list pods of the workers"] in REFUSED


def test_a_changed_secret_rolls_exactly_the_pods_that_read_it(landing: Landing, cluster: Cluster) -> None:
    """The key of the UI's sessions and its kin: everything of Airflow reads that Secret, the database does not."""
    before = generations(cluster)
    secret = cluster.get("v1", "Secret", "airflow-keys", NAME)
    assert secret is not None
    data = {"api-secret-key": base64.b64encode(b"another-key-of-thirty-two-letters").decode()}
    cluster.patch("v1", "Secret", "airflow-keys", {"data": data}, NAME)
    landing.ok("up", "--yes")
    after = generations(cluster)
    rolled = {name for name in after if after[name] != before[name]}
    assert rolled == {"api-server", "scheduler", "dag-processor", "triggerer"}
    landing.ok("run", "smoke")


def generations(cluster: Cluster) -> dict[str, int]:
    kinds = ("Deployment", "StatefulSet")
    items = [item for kind in kinds for item in cluster.list("apps/v1", kind, NAME)]
    return {item["metadata"]["name"]: item["metadata"]["generation"] for item in items}
