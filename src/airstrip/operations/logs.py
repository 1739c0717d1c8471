"""Logs of a component, or of a task whether its pod is there or gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain

from airstrip.airflow_api import AirflowClient, TaskInstance
from airstrip.errors import AirstripError, UsageError
from airstrip.kube import pod_logs
from airstrip.manifests import DAG_PROCESSOR, GIT_CHECK, git_check_namespaces, git_sync_container
from airstrip.operations.merge import merge
from airstrip.operations.session import Session
from airstrip.operations.task_log import TaskLogReader

GIT_SYNC = "git-sync"
"""Not a component of its own: containers of the dag-processor's pods."""
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "postgresql", "migration", GIT_CHECK, GIT_SYNC)
_POLL_SECONDS = 1.0


def component_logs(session: Session, component: str, *, follow: bool) -> Iterator[str]:
    """A component's log lines; with `follow`, as they come until its pods have gone.

    Each line begins with its pod's name where there are several.
    """
    if component not in COMPONENTS:
        raise UsageError(
            "logs.unknown-component",
            f"there is no component {component}",
            cause="One word names a component; a task is two words, DAG TASK.",
            fix=f"One of: {', '.join(COMPONENTS)}",
        )
    pods = list(_pods(session, component))
    if not pods:
        raise AirstripError(
            "logs.no-pod",
            f"{component} has no pod",
            cause="It was scaled to nothing, its pod could not be made, or it is a Job whose turn has not come.",
            fix="Run: ./airstrip status",
        )
    # The event reaches a thread that waits for a pod which says nothing.
    stop = threading.Event()
    read = partial(pod_logs, session.cluster, follow=follow, stop=stop)
    sources = (
        read(pod, namespace=namespace, container=container)
        if len(pods) == 1
        else _labelled(container if component == GIT_SYNC else pod, read(pod, namespace=namespace, container=container))
        for pod, namespace, container in pods
    )
    yield from merge([*sources], stop) if follow and len(pods) > 1 else chain.from_iterable(sources)


def _pods(session: Session, component: str) -> Iterator[tuple[str, str, str]]:
    """(pod, namespace, container): those whose logs are the component's."""
    spec = session.spec
    label = DAG_PROCESSOR if component == GIT_SYNC else component
    containers = [git_sync_container(each) for each in spec.dags.synced] if component == GIT_SYNC else [component]
    selector = f"app.kubernetes.io/component={label},app.kubernetes.io/instance={spec.name}"
    for namespace in git_check_namespaces(spec) if component == GIT_CHECK else (spec.namespaces.control,):
        found = session.cluster.list("v1", "Pod", namespace, label_selector=selector)
        # A Job's tries in their order: the names of pods are random.
        found.sort(key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        yield from ((pod["metadata"]["name"], namespace, container) for pod in found for container in containers)


def _labelled(pod: str, lines: Iterator[str]) -> Iterator[str]:
    return (f"{pod} | {line}" for line in lines)


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
    """A task's log lines, of its last run and try where none is named.

    With `follow`, as they come, each once, until the task has ended; through its retries where no
    try is named.
    """
    run_id = run_id or _last_run(session.airflow, dag_id)
    task = _task(session.airflow, dag_id, run_id, task_id, map_index)
    if follow:
        return _follow(session, task, try_number)
    return TaskLogReader(session, task, try_number or task.try_number).new_lines(follow=False)


def _follow(session: Session, task: TaskInstance, try_number: int | None) -> Iterator[str]:
    reader = TaskLogReader(session, task, try_number or task.try_number)
    while True:
        # Looked at before the log is read, so that nothing comes after a last look.
        task = session.airflow.task_instance(task.dag_id, task.run_id, task.task_id, task.map_index)
        is_over = task.ended or _is_past(task, try_number)
        # A task that waits has only try 0, whose log says just that.
        if reader.try_number or is_over:
            yield from reader.new_lines(follow=True)
        current = try_number or task.try_number
        if reader.try_number != current:
            reader = TaskLogReader(session, task, current)
        elif is_over:
            return
        else:
            time.sleep(_POLL_SECONDS)


def _is_past(task: TaskInstance, try_number: int | None) -> bool:
    """A try that was named is over when the next waits or has begun."""
    if try_number is None:
        return False
    return task.try_number > try_number or task.state == "up_for_retry"


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
    if mapped == [-1]:
        raise UsageError(
            "logs.not-mapped",
            f"{task_id} is not mapped",
            cause="It has one instance in each run, and no index.",
            fix=f"Leave --map out: ./airstrip logs {dag_id} {task_id}",
        )
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
