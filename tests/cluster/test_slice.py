"""The first release's promises, on a real node with real task pods."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"


def seen(landing: Landing, dag: str) -> bool:
    return landing.airstrip("run", dag, "--json").returncode == 0


def publish(landing: Landing, name: str) -> None:
    shutil.copy(DAGS / name, landing.dags / name)


def test_smoke_runs_green_and_prints_its_logs(landing: Landing) -> None:
    out = landing.ok("run", "smoke")
    assert "hello" in out


def test_status_says_that_all_is_well(landing: Landing) -> None:
    data = landing.data("status")
    assert data["state"] == "healthy"
    assert {row["component"] for row in data["components"]} == {
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "postgresql",
    }
    assert all(row["ready"] == row["wanted"] for row in data["components"])


def test_a_task_log_is_read_after_its_pod_is_gone(landing: Landing, cluster: Cluster) -> None:
    run = landing.data("run", "smoke")
    eventually(lambda: not cluster.list("v1", "Pod", f"{NAME}-workers"), seconds=30, what="task pods are removed")
    task = run["tasks"][0]["task"]
    assert run["logs"][task]
    assert landing.ok("logs", "smoke", task).splitlines() == run["logs"][task]


def test_the_admin_logs_in_with_the_printed_password(landing: Landing) -> None:
    password = landing.ok("open", "--password").strip()
    assert "\n" not in password
    url = landing.data("open")["url"]
    answer = httpx.post(f"{url}/auth/token", json={"username": "admin", "password": password}, timeout=30)
    assert answer.status_code == 201


def test_an_unknown_dag_is_named_with_what_was_meant(landing: Landing) -> None:
    """Before any file is saved: for half a minute after that, `run` waits for what may be in it."""
    done = landing.airstrip("run", "smok", "--json")
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "airflow.dag-not-found"
    assert "smoke" in error["message"] + error["cause"] + error["fix"]


def test_a_saved_dag_is_seen_within_15_seconds(landing: Landing, airflow: AirflowClient) -> None:
    publish(landing, "saved.py")
    eventually(
        lambda: any(dag.dag_id == "saved" for dag in airflow.dags()),
        seconds=15,
        what="a saved DAG is listed",
    )


def test_an_edit_and_a_deletion_are_seen_within_15_seconds(landing: Landing, airflow: AirflowClient) -> None:
    def listed() -> dict[str, str | None]:
        return {dag.dag_id: dag.description for dag in airflow.dags()}

    publish(landing, "saved.py")
    eventually(lambda: "saved" in listed(), seconds=15, what="a saved DAG is listed")
    saved = landing.dags / "saved.py"
    saved.write_text(saved.read_text().replace("SAVED", "EDITED").replace("=None", "=None, description='edited'"))
    eventually(lambda: listed()["saved"] == "edited", seconds=15, what="the edit is seen")
    assert "EDITED" in landing.ok("run", "saved")

    saved.unlink()
    eventually(lambda: "saved" not in listed(), seconds=15, what="a deleted DAG is not listed")
    (error,) = json.loads(landing.airstrip("run", "saved", "--json").stdout)["errors"]
    assert error["code"] == "airflow.dag-not-found"
    # What ran stays to be read.
    assert "EDITED" in landing.ok("logs", "saved", "look")


def test_a_pod_operator_with_xcom_runs_in_the_workers_namespace(landing: Landing) -> None:
    publish(landing, "pod_operator.py")
    eventually(lambda: seen(landing, "pod_operator"), seconds=120, what="the pod operator's DAG is green")


@pytest.mark.parametrize("namespace", [NAME, f"{NAME}-workers"])
def test_a_privileged_pod_is_refused(cluster: Cluster, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "privileged", "namespace": namespace},
        "spec": {"containers": [{"name": "it", "image": "none", "securityContext": {"privileged": True}}]},
    }
    with pytest.raises(KubernetesError) as refused:
        cluster.apply(pod)
    assert refused.value.status == 403
    assert "PodSecurity" in refused.value.message + refused.value.cause + refused.value.details


def test_a_second_up_changes_nothing(landing: Landing) -> None:
    assert landing.data("up", "--yes")["changed"] == 0


@pytest.mark.slow
def test_an_import_error_is_named_by_status_and_lands_by_force_only(landing: Landing) -> None:
    broken = landing.dags / "broken.py"
    # Airflow looks only into files that have both words, airflow and dag.
    broken.write_text("from airflow.sdk import dag\nimport no_such_module_at_all\n")
    try:
        eventually(
            lambda: "no_such_module_at_all" in landing.airstrip("status", "--json").stdout,
            seconds=30,
            what="the import error shows",
        )
        document = json.loads(landing.airstrip("status", "--json").stdout)
        assert (document["exitCode"], document["data"]["state"]) == (3, "degraded")
        (finding,) = document["findings"]
        assert finding["code"] == "dags.missing-package"
        assert finding["symptom"] == "broken.py cannot be imported: there is no module no_such_module_at_all"
        assert finding["evidence"] == "ModuleNotFoundError: No module named 'no_such_module_at_all'"
        refused = landing.airstrip("up", "--yes", "--json")
        assert refused.returncode == 3
        (error,) = json.loads(refused.stdout)["errors"]
        assert (error["code"], "broken.py:2" in error["details"]) == ("dags.broken", True)
        landed = json.loads(landing.ok("up", "--yes", "--force", "--json"))
        assert landed["findings"] == [finding]
    finally:
        broken.unlink()
    eventually(lambda: landing.airstrip("status").returncode == 0, seconds=60, what="the removed file is forgotten")
