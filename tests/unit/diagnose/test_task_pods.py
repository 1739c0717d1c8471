"""Whose task a pod is: nothing is called gone, and so deleted, that Airflow knows or was not asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.labels import INSTANCE, safe_label
from airstrip.diagnose.namespace_facts import TaskPodFact
from airstrip.diagnose.task_pods_probe import task_pods_probe
from airstrip.kube import Cluster
from tests.unit.airflow_api.test_client import DAG, RUN, Airflow, ok
from tests.unit.airflow_api.test_inspection import in_pages

RUN_ID = str(RUN["dag_run_id"])
TASK = {
    "dag_id": "demo",
    "dag_run_id": RUN_ID,
    "task_id": "load",
    "map_index": -1,
    "try_number": 1,
    "max_tries": 0,
    "state": "running",
}
RUNS = "dags/demo/dagRuns"
TASKS = f"{RUNS}/{RUN_ID}/taskInstances"


class Pods:
    """A cluster that has this one pod."""

    def __init__(
        self, *, dag: str = "demo", task: str = "load", annotated: bool = True, more: dict[str, str] | None = None
    ) -> None:
        ids = {"dag_id": dag, "task_id": task, "run_id": RUN_ID}
        labels = {name: safe_label(value) for name, value in ids.items()}
        self.metadata: dict[str, Any] = {
            "namespace": "w",
            "name": "p",
            "uid": "u",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {
                **labels,
                **({"kubernetes_executor": "True", INSTANCE: "x"} if annotated else {}),
                **(more or {}),
            },
            "annotations": ids if annotated else {},
        }

    def list(self, *_: object, **__: object) -> list[dict[str, Any]]:
        return [{"metadata": self.metadata, "status": {"phase": "Running"}}]


def dags(request: httpx.Request) -> httpx.Response:
    """As Airflow: stale DAGs are left out unless they are asked for."""
    rows = [] if request.url.params.get("exclude_stale", "true") == "true" else [{**DAG, "is_stale": True}]
    return ok({"dags": rows, "total_entries": len(rows)})


def listed(name: str, *rows: object) -> httpx.Response:
    return ok({name: list(rows), "total_entries": len(rows)})


def state(pods: Pods, **answers: Any) -> str:
    airflow = Airflow(**{"dags": dags, RUNS: listed("dag_runs", RUN), **answers})
    probe = task_pods_probe(DeploymentFact("x", "c", "w"), lambda: cast(Cluster, pods), airflow.client)
    found = probe.collect(Facts()).task_pods
    return found[0].state if found else ""


@pytest.mark.parametrize("annotated", [True, False])
def test_a_task_of_a_dag_whose_file_is_broken_or_gone_runs_on(annotated: bool) -> None:
    assert state(Pods(annotated=annotated), **{TASKS: listed("task_instances", TASK)}) == "running"


def test_a_dag_that_a_list_lacks_and_airflow_has_is_not_gone() -> None:
    assert state(Pods(), dags=listed("dags"), **{"dags/demo": ok(DAG)}) == "unknown"


def test_a_dag_that_airflow_does_not_know_is_gone() -> None:
    assert state(Pods(), dags=listed("dags")) == "gone"


def test_a_task_that_a_list_lacks_and_airflow_has_is_not_gone() -> None:
    answers = {TASKS: listed("task_instances"), f"{TASKS}/load": ok(TASK)}
    assert state(Pods(), **answers) == "unknown"


def test_a_task_or_a_run_that_airflow_does_not_know_is_gone() -> None:
    assert state(Pods(), **{TASKS: listed("task_instances")}) == "gone"
    assert state(Pods()) == "gone"
    assert state(Pods(annotated=False), **{RUNS: listed("dag_runs")}) == "gone"


def test_a_run_of_an_operator_s_pod_that_may_be_older_than_the_newest_is_not_gone() -> None:
    runs = [{**RUN, "dag_run_id": f"r{number}"} for number in range(100)]
    assert state(Pods(annotated=False), **{RUNS: listed("dag_runs", *runs)}) == "unknown"


def test_a_name_of_which_only_a_digest_is_left_cannot_be_asked_for() -> None:
    assert state(Pods(dag="a" * 70, annotated=False), dags=listed("dags")) == "unknown"


def test_pods_of_another_airflow_in_the_same_namespace_are_not_ours() -> None:
    assert state(Pods(more={INSTANCE: "other"}), dags=listed("dags")) == ""
    assert state(Pods(annotated=False), dags=listed("dags")) == "unknown"


def test_an_executor_s_pod_without_a_deployment_s_name_is_another_airflow_s() -> None:
    """As the official chart's, which may have DAGs of the same names at work."""
    pods = Pods()
    del pods.metadata["labels"][INSTANCE]
    assert state(pods) == ""


@pytest.mark.parametrize(("annotated", "seen"), [(True, "failed"), (False, "scheduled")])
def test_what_an_operator_left_of_an_earlier_try_the_next_takes_up_again(annotated: bool, seen: str) -> None:
    again = {**TASK, "try_number": 2, "state": "scheduled"}
    pods = Pods(annotated=annotated, more={"try_number": "1"})
    assert state(pods, **{TASKS: listed("task_instances", again)}) == seen


def test_of_many_runs_at_work_not_each_is_asked_for() -> None:
    """With hundreds, the probe would come to its deadline on a deployment that is only busy."""
    names = [f"r{number}" for number in range(150)]
    pods = []
    for name in names:
        pod = Pods()
        pod.metadata["labels"]["run_id"] = pod.metadata["annotations"]["run_id"] = name
        pods += pod.list()
    rows = [{**TASK, "dag_run_id": name} for name in names[:-1]]
    answers: dict[str, Any] = {
        "dags/~/dagRuns/~/taskInstances": in_pages("task_instances", rows),
        f"{RUNS}/r149/taskInstances": listed("task_instances", {**TASK, "dag_run_id": names[-1], "state": "success"}),
    }
    airflow = Airflow(dags=dags, **answers)
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_, **__: pods))
    found = task_pods_probe(DeploymentFact("x", "c", "w"), lambda: cluster, airflow.client).collect(Facts())
    assert [pod.state for pod in found.task_pods] == ["running"] * 149 + ["success"]
    assert len(airflow.asked) < 10


@pytest.mark.parametrize("operator", [True, False])
def test_each_namespace_is_told_with_its_own_pods(operator: bool) -> None:
    places = ("air-workers", "proj-a")
    left = [TaskPodFact(place, f"{place}-1", operator, "Running", 60.0, "d", "t", "gone") for place in places]
    for place, finding in zip(places, diagnose(Facts(task_pods=left)), strict=True):
        assert f"in {place} outlived" in finding.symptom
        assert finding.evidence.startswith(f"{place}-1:")


@pytest.mark.parametrize(
    ("phase", "ended", "overtime", "is_left"),
    [
        # The default: 20 s.
        ("Running", 80.0, None, False),
        ("Running", 81.0, None, True),
        ("Pending", 80.0, None, False),
        ("Running", 359.0, 300.0, False),
        ("Running", 361.0, 300.0, True),
        # Nothing is at work there any more.
        ("Succeeded", 16.0, 300.0, True),
        ("Failed", 16.0, None, True),
    ],
)
def test_a_task_that_succeeded_still_has_its_callbacks_and_its_log_s_upload(
    phase: str, ended: float, overtime: float | None, is_left: bool
) -> None:
    here = DeploymentFact("x", "c", "w", success_overtime=overtime) if overtime else None
    pod = TaskPodFact("w", "p", False, phase, 900.0, "d", "t", "success", ended)
    found = diagnose(Facts(deployment=here, task_pods=(pod,)))
    assert [finding.code for finding in found] == (["pod.orphan"] if is_left else [])
