"""Triggers a DAG, follows its tasks and hands over their logs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airstrip import airflow_api, kube
from airstrip.airflow_api import Dag, DagRun, TaskInstance
from airstrip.answers import RunData
from airstrip.errors import AirflowError, AirstripError, KubernetesError, WaitTimeout
from airstrip.events import Emit, LogLine, Notice, Progress, step
from airstrip.findings import Finding, told_once
from airstrip.operations.causes import ending_with_causes, find_causes, searching, unforeseen, warn_of_unread
from airstrip.operations.dag_files import dag_files
from airstrip.operations.session import Session
from airstrip.operations.task_log import TaskLogReader
from airstrip.operations.why import why
from airstrip.result import Result

_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_HAS_LOG = frozenset({"success", "failed"})
_POLL_SECONDS = 0.5
_LAST_LINES_SECONDS = 10.0
_SAVED_SECONDS = 30.0
_DAG_SEEN_SECONDS = 20.0


@dataclass
class _Follower:
    """Prints each task's log when the task has ended, and what its pod still writes after that."""

    session: Session
    run: DagRun
    emit: Emit
    readers: dict[tuple[str, int], TaskLogReader] = field(default_factory=dict)
    complete: set[tuple[str, int]] = field(default_factory=set)
    logs: dict[str, list[str]] = field(default_factory=dict)

    def look(self) -> list[TaskInstance]:
        tasks = list(self.session.airflow.task_instances(self.run.dag_id, self.run.run_id))
        for task in tasks:
            key = (task.task_id, task.map_index)
            if task.state in _HAS_LOG and key not in self.complete:
                reader = self.readers.setdefault(key, TaskLogReader(self.session, task, task.try_number))
                # Asked before the log is read: what no pod can add to is the whole.
                if not reader.has_pod():
                    self.complete.add(key)
                self._print(task, reader)
        return tasks

    def finish(self) -> list[TaskInstance]:
        """Waits a little for the last lines of all tasks."""
        deadline = time.monotonic() + _LAST_LINES_SECONDS
        tasks = self.look()
        while self.complete != self.readers.keys() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            tasks = self.look()
        return tasks

    def _print(self, task: TaskInstance, reader: TaskLogReader) -> None:
        index = "" if task.map_index < 0 else f"[{task.map_index}]"
        source = f"{task.task_id}{index}"
        lines = self.logs.setdefault(source, [])
        for line in reader.kept_lines():
            lines.append(line)
            self.emit(LogLine(source, line))


def run(session: Session, dag_id: str, conf: Mapping[str, Any], emit: Emit, *, timeout: float) -> Result[RunData]:
    """Runs a DAG once and waits for its end.

    A DAG that Airflow does not know is waited for, for 20 s, where a file in the deployment's DAG
    folder was saved in the last 30 s; anywhere else it is an error at once. Exit code 3 when the run
    did not succeed, with what `doctor` finds beside it. Raises WaitTimeout after `timeout` seconds with
    the state of each task. What raises once the run has begun names it, and ends with what `doctor` finds.
    """
    with ending_with_causes(session, emit), step(emit, "run.dag", f"Run {dag_id}") as progress:
        _ensure_triggerable(session, dag_id, progress, emit)
        triggered = session.airflow.trigger(dag_id, conf)
        try:
            follower = _Follower(session, triggered, emit)
            ended, tasks = _follow(follower, progress, timeout)
        except KeyboardInterrupt:
            emit(Notice(_goes_on(triggered)))
            raise
        except AirstripError as error:
            error.fix = f"{error.fix} {_goes_on(triggered)}".strip()
            raise
        progress.note = ended.state
    findings = [] if ended.state == "success" else _findings(session, ended, tasks, emit)
    data: RunData = {
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


def _ensure_triggerable(session: Session, dag_id: str, progress: Progress, emit: Emit) -> None:
    """Waits for a DAG that was saved a moment ago, and lets the scheduler run it."""
    dag = _saved_dag(session, dag_id, progress)
    if dag.is_paused:
        session.airflow.unpause(dag_id)
        emit(Notice(f"{dag_id} was paused. It is not any more: if it has a schedule, that runs it from now on too."))


def _saved_dag(session: Session, dag_id: str, progress: Progress) -> Dag:
    deadline: float | None = None
    while True:
        try:
            return session.airflow.dag(dag_id)
        except AirflowError as error:
            if error.code != "airflow.dag-not-found":
                raise
            if deadline is None:
                saved = _is_just_saved(session.spec.dags.live_folder)
                deadline = time.monotonic() + (_DAG_SEEN_SECONDS if saved else 0)
            if time.monotonic() >= deadline:
                raise
        progress.say(f"{dag_id} is not known yet, but a DAG file was saved a moment ago")
        time.sleep(1)


def _is_just_saved(folder: Path | None) -> bool:
    """By a file's last change of any kind: one that was moved here keeps the time when it was written."""
    since = time.time() - _SAVED_SECONDS
    for path in dag_files(folder):
        with suppress(OSError):
            if path.stat().st_ctime > since:
                return True
    return False


def _goes_on(run: DagRun) -> str:
    logs = f"./airstrip logs {run.dag_id} TASK --run {run.run_id} -F"
    return f"{run.dag_id} goes on as run {run.run_id}. Look at it: ./airstrip status; {logs}"


def _follow(follower: _Follower, progress: Progress, timeout: float) -> tuple[DagRun, list[TaskInstance]]:
    """An Airflow or a cluster that is away for a while is waited for: the run goes on without us."""
    deadline = time.monotonic() + timeout
    run = follower.run
    while True:
        try:
            current = follower.session.airflow.dag_run(run.dag_id, run.run_id)
            if current.ended:
                return current, follower.finish()
            tasks = _summary(follower.look())
            progress.say(tasks)
            last = f"{current.state}; {tasks}"
        except (AirflowError, KubernetesError) as error:
            if not (airflow_api.may_pass(error) or kube.may_pass(error)):
                raise
            progress.say(error.message)
            last = error.message
        if time.monotonic() > deadline:
            message = f"{run.dag_id} did not end within {timeout:.0f} s"
            raise WaitTimeout(
                "run.timeout", message, cause=f"Last state: {last}", fix="Wait longer: --timeout SECONDS."
            )
        time.sleep(_POLL_SECONDS)


def _summary(tasks: list[TaskInstance]) -> str:
    """What has not ended yet; of a mapped task, how many items are in each state."""
    counts = Counter(f"{task.task_id} {task.state or 'waiting'}" for task in tasks if task.state not in _ENDED)
    return ", ".join(name if count == 1 else f"{name} ({count})" for name, count in counts.items())


def _findings(session: Session, ended: DagRun, tasks: list[TaskInstance], emit: Emit) -> list[Finding]:
    """What `why` says of the run, or only that it failed where nobody can be asked; then what `doctor` finds."""
    found: list[Finding] = []
    others: list[Finding] = []
    with searching(emit):
        try:
            explained = why(session, ended.dag_id, None, run_id=ended.run_id, map_index=-1)
            found += explained.findings
            warn_of_unread(explained.data.get("warning", ""), emit)
        except AirstripError:
            # Whoever it could not ask is among what doctor finds.
            pass
        except Exception as error:
            others.append(unforeseen(error))
        others = [*find_causes(session, emit), *others]
    found = found or [_finding(ended, tasks)]
    return told_once([*found, *others])


def _finding(ended: DagRun, tasks: list[TaskInstance]) -> Finding:
    failed = [task.task_id for task in tasks if task.state == "failed"]
    return Finding(
        "run.failed",
        f"{ended.dag_id} ended as {ended.state}",
        f"Failed: {', '.join(failed) or 'no task; see the scheduler'}.",
        f"Read the log: ./airstrip logs {ended.dag_id} {failed[0] if failed else 'TASK'}",
    )
