"""What task pods can see and do, told from inside pods of each kind; and who rolls when a Secret changes."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
# The DAG's own file holds it; the pod that has no such file has it in its environment.
OF_THE_DAG = {"files": {"/opt/airflow/dags/isolation.py"}, "values": set()}
CANARY_SITS: dict[str, dict[str, set[str]]] = {
    "plain": OF_THE_DAG,
    "with_account": OF_THE_DAG,
    "pod": {"files": {"/proc/self/environ", "/proc/1/environ"}, "values": {"CANARY"}},
}
REFUSED = {401, 403}
FORBIDDEN = (
    "list Secrets of the workers",
    "list Secrets of the control plane",
    "list pods of the control plane",
    "create a pod in the control plane",
    "list nodes",
)


CANARY = "a-canary-that-is-found-wherever-it-sits"
SHORTEST = 16


def control_plane_secrets(cluster: Cluster) -> set[str]:
    """Every value that the control plane's Secrets have, a URL's password by itself, and both in base64."""
    found = set()
    for secret in cluster.list("v1", "Secret", NAME):
        for coded in (secret.get("data") or {}).values():
            value = base64.b64decode(coded).decode()
            password = unquote(urlsplit(value).password or "") if "://" in value else ""
            found |= {text for text in (value, password) if len(text) >= SHORTEST}
    return found | {base64.b64encode(text.encode()).decode() for text in found}


@pytest.fixture(scope="module")
def looks(landing: Landing, cluster: Cluster, airflow: AirflowClient) -> dict[str, dict[str, Any]]:
    """What each kind of pod told, by the task's id."""
    shutil.copy(DAGS / "isolation.py", landing.dags)
    eventually(
        lambda: any(dag.dag_id == "isolation" for dag in airflow.dags()), seconds=15, what="a saved DAG is listed"
    )
    wanted = {CANARY, *control_plane_secrets(cluster)}
    # Hashes only: a run's configuration can be read by whoever looks at it.
    hashes = sorted(hashlib.sha256(text.encode()).hexdigest() for text in wanted)
    logs = landing.data("run", "isolation", "--conf", json.dumps({"hashes": hashes}))["logs"]
    found = {}
    for task, lines in logs.items():
        (told,) = {line.partition("LOOK ")[2] for line in lines if 'LOOK {"uid"' in line}
        found[task] = json.loads(told)
        assert found[task]["hashed"] == len(hashes) > 10
    return found


@pytest.mark.parametrize("kind", ["plain", "with_account", "pod"])
def test_no_secret_of_the_control_plane_is_in_a_task_s_pod(looks: dict[str, dict[str, Any]], kind: str) -> None:
    look = looks[kind]
    assert look["uid"] == 50000
    assert look["variables"] == []
    # The canary is found, and nothing else.
    sits = CANARY_SITS[kind]
    assert set(look["files"]) == sits["files"]
    assert set(look["values"]) == sits["values"]


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
    assert looks["plain"]["tokens"] == looks["pod"]["tokens"] == []
    assert len(looks["with_account"]["tokens"]) == 1
    assert looks["plain"]["answers"]["list pods of the workers"] in REFUSED
    assert looks["with_account"]["token"] is True
    assert looks["with_account"]["answers"]["list pods of the workers"] == 200
    assert looks["pod"]["answers"]["list pods of the workers"] in REFUSED


# A roll of all of Airflow, as those of test_room.py are; what a pod reads is annotated on it: tests/unit/manifests.
@pytest.mark.slow
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
