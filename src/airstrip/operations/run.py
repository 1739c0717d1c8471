"""Triggers a DAG, follows its tasks and hands over their logs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airstrip.airflow_api import AirflowClient, DagRun, TaskInstance
from airstrip.errors import AirflowError, WaitTimeout
from airstrip.events import Emit, LogLine, Progress, step
from airstrip.operations.session import Session
from airstrip.result import Finding, Result

_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_HAS_LOG = frozenset({"success", "failed"})
_POLL_SECONDS = 0.5
_DAG_SEEN_SECONDS = 30.0


@dataclass
class _Follower:
    """Prints each task's log once, when the task has ended."""

    client: AirflowClient
    run: DagRun
    emit: Emit
    printed: set[tuple[str, int]] = field(default_factory=set)
    logs: dict[str, list[str]] = field(default_factory=dict)

    def look(self) -> list[TaskInstance]:
        tasks = list(self.client.task_instances(self.run.dag_id, self.run.run_id))
        for task in tasks:
            key = (task.task_id, task.map_index)
            if task.state in _HAS_LOG and key not in self.printed:
                self.printed.add(key)
                self._print(task)
        return tasks

    def _print(self, task: TaskInstance) -> None:
        index = "" if task.map_index < 0 else f"[{task.map_index}]"
        source = f"{task.task_id}{index}"
        lines = list(
            self.client.task_log(
                self.run.dag_id, self.run.run_id, task.task_id, try_number=task.try_number, map_index=task.map_index
            )
        )
        self.logs[source] = lines
        for line in lines:
            self.emit(LogLine(source, line))


def run(session: Session, dag_id: str, conf: Mapping[str, Any], emit: Emit, *, timeout: float) -> Result:
    """Runs a DAG once and waits for its end.

    Exit code 3 when the run did not succeed. Raises WaitTimeout after `timeout` seconds with the
    state of each task.
    """
    client = session.airflow
    with step(emit, "run.dag", f"Run {dag_id}") as progress:
        _ensure_triggerable(client, dag_id)
        triggered = client.trigger(dag_id, conf)
        follower = _Follower(client, triggered, emit)
        ended, tasks = _follow(follower, progress, timeout)
        progress.note = ended.state
    findings = [] if ended.state == "success" else [_finding(ended, tasks)]
    data = {
        "dag": dag_id,
        "run": ended.run_id,
        "state": ended.state,
        "tasks": [
            {
                "task": task.task_id,
                "map": task.map_index,
                "try": task.try_number,
                "state": task.state,
                "queued": task.queued_when,
                "started": task.start_date,
            }
            for task in tasks
        ],
        "logs": follower.logs,
    }
    return Result("run", data, findings, 0 if ended.state == "success" else 3)


def _ensure_triggerable(client: AirflowClient, dag_id: str) -> None:
    """A DAG that was saved a moment ago may not be known yet: waits for it, then unpauses it."""
    deadline = time.monotonic() + _DAG_SEEN_SECONDS
    while True:
        try:
            dag = client.dag(dag_id)
            break
        except AirflowError as error:
            # With other DAGs there the processor has been round: the name is simply wrong.
            known = client.dags() if error.code == "airflow.dag-not-found" else ()
            if error.code != "airflow.dag-not-found" or known or time.monotonic() > deadline:
                raise
        time.sleep(1)
    if dag.is_paused:
        client.unpause(dag_id)


def _follow(follower: _Follower, progress: Progress, timeout: float) -> tuple[DagRun, list[TaskInstance]]:
    deadline = time.monotonic() + timeout
    while True:
        current = follower.client.dag_run(follower.run.dag_id, follower.run.run_id)
        tasks = follower.look()
        if current.state in ("success", "failed"):
            return current, tasks
        progress.say(_summary(tasks))
        if time.monotonic() > deadline:
            raise WaitTimeout(
                "run.timeout",
                f"{current.dag_id} did not end within {timeout:.0f} s",
                cause=f"Last state: {current.state}; {_summary(tasks)}",
                fix=f"It goes on. Look at it: ./airstrip status; ./airstrip logs {current.dag_id} TASK",
            )
        time.sleep(_POLL_SECONDS)


def _summary(tasks: list[TaskInstance]) -> str:
    return ", ".join(f"{task.task_id} {task.state or 'waiting'}" for task in tasks if task.state not in _ENDED)


def _finding(ended: DagRun, tasks: list[TaskInstance]) -> Finding:
    failed = [task.task_id for task in tasks if task.state == "failed"]
    return Finding(
        "run.failed",
        f"{ended.dag_id} ended as {ended.state}",
        f"Failed: {', '.join(failed) or 'no task; see the scheduler'}.",
        f"Read the log: ./airstrip logs {ended.dag_id} {failed[0] if failed else 'TASK'}",
    )
