"""Reads pods that were made for tasks, and what Airflow says of those tasks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airstrip.airflow_api import AirflowClient, TaskInstance
from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.labels import INSTANCE, safe_label
from airstrip.diagnose.namespace_facts import TaskPodFact
from airstrip.diagnose.probes import Probe
from airstrip.diagnose.readable import all_but
from airstrip.errors import AirflowError
from airstrip.kube import Cluster, unless_forbidden
from airstrip.times import age

GONE = "gone"
UNKNOWN = "unknown"
_RUNS = 100
_FEW = 10
"""Runs that are asked for one by one."""
_DIGEST = re.compile(r"-[0-9a-f]{9}$")
_OF_TASKS = "dag_id,task_id,run_id"


def task_pods_probe(
    deployment: DeploymentFact, connected: Callable[[], Cluster], airflow: Callable[[], AirflowClient]
) -> Probe:
    def look(_: Facts) -> Facts:
        # Before Airflow is asked: a task is there before its pod is.
        cluster = connected()
        listed = {
            namespace: unless_forbidden(partial(cluster.list, "v1", "Pod", namespace, label_selector=_OF_TASKS))
            for namespace in deployment.of_tasks
        }
        # All of them may be: the control plane's is looked into by others.
        forbidden = [namespace for namespace, found in listed.items() if found is None]
        pods = [pod for found in listed.values() for pod in found or () if _is_ours(pod["metadata"], deployment.name)]
        if not pods:
            return Facts(probes=all_but(forbidden))
        tasks = _Tasks(airflow())
        if len({(pod["metadata"]["labels"]["dag_id"], pod["metadata"]["labels"]["run_id"]) for pod in pods}) > _FEW:
            tasks.meet_all_at_work()
        return Facts(task_pods=tuple(_fact(pod, tasks) for pod in pods), probes=all_but(forbidden))

    return Probe("tasks' pods", look, (KUBERNETES,))


def _is_ours(metadata: Mapping[str, Any], name: str) -> bool:
    """Not another Airflow's in the same namespace, and not about to end. Our executor's have the deployment's name;
    an operator's have none, whoever's they are."""
    if metadata.get("deletionTimestamp"):
        return False
    labels = metadata["labels"]
    return bool(labels.get(INSTANCE, "" if _is_executor_s(labels) else name) == name)


def _is_executor_s(labels: Mapping[str, str]) -> bool:
    return labels.get("kubernetes_executor") == "True"


class _Tasks:
    """Airflow's tasks by their pods, each run asked for once.

    Whoever is `gone` may be deleted: a list that lacks it is not enough, Airflow has to say that it knows none such.
    """

    def __init__(self, airflow: AirflowClient) -> None:
        self._airflow = airflow
        # A DAG whose file was broken or deleted is stale, and its tasks run on.
        self._dags = {safe_label(dag.dag_id): dag.dag_id for dag in airflow.dags(stale=True)}
        self._runs: dict[str, dict[str, str]] = {}
        self._tasks: dict[tuple[str, str], dict[tuple[str, int], TaskInstance]] = {}
        self._asked: dict[str, str] = {}
        self._at_work: dict[tuple[str, str, str, int], TaskInstance] = {}

    def meet_all_at_work(self) -> None:
        """In one list, after their pods were: of many runs at work, each would be asked for."""
        for task in self._airflow.scheduling.tasks_at_work():
            names = (safe_label(task.dag_id), safe_label(task.run_id), safe_label(task.task_id))
            self._at_work[*names, task.map_index] = task

    def find(self, metadata: Mapping[str, Any]) -> TaskInstance | str:
        """The task, `gone`, or `unknown` where Airflow cannot be asked for just this one."""
        labels = metadata["labels"]
        index = int(labels.get("map_index", "-1"))
        if task := self._at_work.get((labels["dag_id"], labels["run_id"], labels["task_id"], index)):
            return task
        dag = self._dags.get(labels["dag_id"])
        if dag is None:
            # Another Airflow's operators may work in the same namespace, whose DAGs ours does not know.
            if INSTANCE not in labels:
                return UNKNOWN
            return self._unlisted(_own_name(metadata, "dag_id"))
        run = _annotated(metadata, "run_id") or self._runs_of(dag).get(labels["run_id"])
        if run is None:
            return GONE if len(self._runs_of(dag)) < _RUNS else UNKNOWN
        if (dag, run) not in self._tasks:
            self._tasks[dag, run] = self._of_run(dag, run)
        if task := self._tasks[dag, run].get((labels["task_id"], index)):
            return task
        name = _own_name(metadata, "task_id")
        return _unless_found(name, lambda: self._airflow.task_instance(dag, run, name, index))

    def _unlisted(self, dag: str) -> str:
        """`gone` or `unknown`; asked once for all its pods."""
        if dag not in self._asked:
            self._asked[dag] = _unless_found(dag, lambda: self._airflow.dag(dag))
        return self._asked[dag]

    def _runs_of(self, dag: str) -> dict[str, str]:
        """The newest runs' ids by their labels: all of them, where they are fewer than a page holds."""
        if dag not in self._runs:
            found = self._airflow.dag_runs(dag, limit=_RUNS)
            self._runs[dag] = {safe_label(run.run_id): run.run_id for run in found}
        return self._runs[dag]

    def _of_run(self, dag: str, run: str) -> dict[tuple[str, int], TaskInstance]:
        try:
            tasks = self._airflow.task_instances(dag, run)
        except AirflowError as error:
            if error.status == 404:
                return {}
            raise
        return {(safe_label(task.task_id), task.map_index): task for task in tasks}


def _annotated(metadata: Mapping[str, Any], name: str) -> str:
    """The executor notes its pods' ids as they are; an operator's pods have labels only."""
    return str((metadata.get("annotations") or {}).get(name, ""))


def _own_name(metadata: Mapping[str, Any], name: str) -> str:
    """Empty where only a label with a digest is left of it."""
    label = str(metadata["labels"][name])
    return _annotated(metadata, name) or ("" if _DIGEST.search(label) else label)


def _unless_found(name: str, ask: Callable[[], object]) -> str:
    """`gone` after a 404 only."""
    if not name:
        return UNKNOWN
    try:
        ask()
    except AirflowError as error:
        if error.status == 404:
            return GONE
        raise
    return UNKNOWN


def _fact(pod: Mapping[str, Any], tasks: _Tasks) -> TaskPodFact:
    metadata = pod["metadata"]
    labels = metadata["labels"]
    task = tasks.find(metadata)
    return TaskPodFact(
        namespace=metadata["namespace"],
        name=metadata["name"],
        operator=not _is_executor_s(labels),
        phase=(pod.get("status") or {}).get("phase", "Unknown"),
        age=age(metadata["creationTimestamp"]),
        dag=labels["dag_id"],
        task=labels["task_id"],
        state=task if isinstance(task, str) else _state(task, labels),
        ended=0.0 if isinstance(task, str) or not task.end_date else age(task.end_date),
        uid=metadata["uid"],
    )


def _state(task: TaskInstance, labels: Mapping[str, str]) -> str:
    """A pod of an earlier try is over, whatever the present one does; an operator's the next try takes up again."""
    if not _is_executor_s(labels):
        return task.state or "waiting"
    number = labels.get("try_number", "")
    earlier = number.isdigit() and int(number) < task.try_number
    return "failed" if earlier else task.state or "waiting"
