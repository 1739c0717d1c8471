"""How the KubernetesExecutor and the KubernetesPodOperator mark a task's pods: provider cncf-kubernetes 10.25."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.airflow_api import TaskInstance
from airstrip.diagnose.labels import INSTANCE, safe_label


def executor_selector(instance: str) -> str:
    """Of all task pods of a deployment; whose they are, their annotations tell in full."""
    return f"kubernetes_executor=True,{INSTANCE}={instance}"


def operator_selector(task: TaskInstance) -> str:
    """Of the pods that a KubernetesPodOperator made in a task, of all its tries; they have labels only."""
    labels = {"dag_id": task.dag_id, "task_id": task.task_id, "run_id": task.run_id}
    pairs = (f"{name}={safe_label(value)}" for name, value in labels.items())
    return ",".join(["kubernetes_pod_operator=True", *pairs])


def is_of(metadata: Mapping[str, Any], task: TaskInstance) -> bool:
    """Whether a pod is this try's, by its annotations where it has those of the executor, else by its labels."""
    told = metadata.get("annotations") or {}
    if "try_number" not in told:
        told = metadata.get("labels") or {}
        names = {"dag_id": safe_label(task.dag_id), "task_id": safe_label(task.task_id)}
    else:
        names = {"dag_id": task.dag_id, "task_id": task.task_id, "run_id": task.run_id}
    number, index = int(told.get("try_number", task.try_number)), int(told.get("map_index", -1))
    return names.items() <= told.items() and (number, index) == (task.try_number, task.map_index)
