"""Logs of a component, or of a task whether its pod is there or gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

from airstrip.airflow_api import AirflowClient, TaskInstance
from airstrip.errors import UsageError
from airstrip.kube import pod_logs
from airstrip.operations.session import Session

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "postgresql")
_POLL_SECONDS = 1.0


def component_logs(session: Session, component: str, *, follow: bool) -> Iterator[str]:
    """A component's log lines; with `follow`, without end until its pod goes."""
    if component not in COMPONENTS:
        raise UsageError(
            "logs.unknown-component",
            f"there is no component {component}",
            cause="One word names a component; a task is two words, DAG TASK.",
            fix=f"One of: {', '.join(COMPONENTS)}",
        )
    namespace = session.spec.namespaces.control
    selector = f"app.kubernetes.io/component={component},app.kubernetes.io/instance={session.spec.name}"
    for pod in session.cluster.list("v1", "Pod", namespace, label_selector=selector):
        yield from pod_logs(session.cluster, pod["metadata"]["name"], namespace, container=component, follow=follow)


def task_logs(
    session: Session,
    dag_id: str,
    task_id: str,
    *,
    run_id: str | None,
    try_number: int | None,
    map_index: int,
    follow: bool,
) -> Iterator[str]:
    """A task's log lines, of its last run and try where none is named."""
    client = session.airflow
    run_id = run_id or _last_run(client, dag_id)
    printed = 0
    while True:
        task = _task(client, dag_id, run_id, task_id, map_index)
        ended = task.state in ("success", "failed", "skipped", "upstream_failed", "removed")
        number = try_number or task.try_number
        lines = list(client.task_log(dag_id, run_id, task_id, try_number=number, map_index=map_index))
        yield from lines[printed:]
        printed = max(printed, len(lines))
        if ended or not follow:
            return
        time.sleep(_POLL_SECONDS)


def _last_run(client: AirflowClient, dag_id: str) -> str:
    client.dag(dag_id)
    runs = list(client.dag_runs(dag_id, limit=1))
    if not runs:
        raise UsageError("logs.no-run", f"{dag_id} has not run yet", fix=f"Run it: ./airstrip run {dag_id}")
    return runs[0].run_id


def _task(client: AirflowClient, dag_id: str, run_id: str, task_id: str, map_index: int) -> TaskInstance:
    tasks = list(client.task_instances(dag_id, run_id))
    for task in tasks:
        if task.task_id == task_id and task.map_index == map_index:
            return task
    mapped = sorted(task.map_index for task in tasks if task.task_id == task_id)
    if mapped:
        raise UsageError(
            "logs.mapped-task",
            f"{task_id} has {len(mapped)} mapped instances",
            fix=f"Name one: --map {mapped[0]} … {mapped[-1]}",
        )
    raise UsageError(
        "logs.unknown-task",
        f"{dag_id} has no task {task_id} in run {run_id}",
        fix=f"Its tasks: {', '.join(sorted({task.task_id for task in tasks}))}",
    )
