"""Runs of DAGs in this process by Airflow's own `DAG.test`, as `airstrip dev` and the fixtures of `testing` have them.

Imported by these two, and by no DAG: it imports Airflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from airflow.dag_processing import dagbag
from airflow.sdk import timezone
from airflow.sdk.bases import operator
from airflow.sdk.definitions import dag as runner
from airflow.sdk.exceptions import AirflowSkipException
from airflow.triggers.base import BaseTaskEndEvent

_PODS = "airflow.providers.cncf.kubernetes."


class DagFiles(dagbag.BundleDagBag):  # type: ignore[misc] # Airflow has no types
    """Airflow's own, which also sees a DAG id that one file gives twice: Airflow keeps the last.

    `dags` by id, `import_errors` by file; `twice` are (id, file).
    """

    def __init__(self, folder: str | Path, file: str | Path | None = None) -> None:
        self.ids: dict[str, list[Any]] = {}
        self.twice: list[tuple[str, str]] = []
        super().__init__(dag_folder=str(file or folder), bundle_path=Path(folder), bundle_name="main")

    def bag_dag(self, dag: Any) -> None:
        others = self.ids.setdefault(dag.dag_id, [])
        if any(other is not dag and other.fileloc == dag.fileloc for other in others):
            self.twice.append((dag.dag_id, dag.fileloc))
        others.append(dag)
        super().bag_dag(dag=dag)


def run_whole(
    bag: Any,
    dag: Any,
    conf: Mapping[str, Any] | None = None,
    logical_date: str | None = None,
    mark_success: Sequence[str] = (),
) -> Any:
    """The run, ended: Airflow's DagRun. `mark_success` are ids of tasks that count as done."""
    date = {"logical_date": timezone.parse(logical_date)} if logical_date else {}
    marked = "|".join(map(re.escape, mark_success)) or None
    usual = dagbag.BundleDagBag
    # DAG.test() would read the whole folder once more.
    dagbag.BundleDagBag = lambda **_: bag
    try:
        with ended_by_triggers():
            return dag.test(run_conf=conf or None, mark_success_pattern=marked, **date)
    finally:
        dagbag.BundleDagBag = usual


@contextmanager
def ended_by_triggers() -> Iterator[None]:
    """Within it, a task ends as its trigger says: that of a deferrable WaitSensor does, whose task cannot go on.

    Airflow's triggerer does so. `DAG.test` runs the trigger and goes on with the task, whatever the trigger said: here
    it goes on with the end. So callbacks, listeners and retries are Airflow's own. Where its inner parts are other than
    in Airflow 3.3, nothing is changed.
    """
    said: dict[str, Any] = {}
    run_trigger, resume = getattr(runner, "_run_inline_trigger", None), operator.BaseOperator.resume_execution

    def run_and_note(trigger: Any, instance: Any) -> Any:
        assert run_trigger is not None, "it is only there in its place"
        event = run_trigger(trigger, instance)
        if isinstance(event, BaseTaskEndEvent):
            said[str(instance.id)] = event
        return event

    def resume_or_end(self: Any, next_method: str, next_kwargs: Any, context: Any) -> Any:
        event = said.pop(str(context["ti"].id), None)
        return resume(self, next_method, next_kwargs, context) if event is None else _end(event, context["ti"])

    if run_trigger is None:
        yield
        return
    with (
        patch.object(runner, "_run_inline_trigger", run_and_note),
        patch.object(operator.BaseOperator, "resume_execution", resume_or_end),
    ):
        yield


class EndedByTriggerError(Exception):
    """A trigger ended its task as failed."""


def _end(event: Any, instance: Any) -> None:
    for key, value in (event.xcoms or {}).items():
        instance.xcom_push(key=key, value=value)
    if event.task_instance_state == "skipped":
        raise AirflowSkipException("Its trigger ended it as skipped.")
    if event.task_instance_state == "failed":
        raise EndedByTriggerError("Its trigger ended it as failed.")


@contextmanager
def as_without_cluster(dag: Any) -> Iterator[list[str]]:
    """Within it, tries follow each other at once, and tasks that ask for Kubernetes fail and say so: their ids.

    After it all is as it was: others may look at these DAGs, and call the same operators.
    """
    with ExitStack() as stack:
        for task in dag.tasks:
            if task.retry_delay:
                stack.callback(setattr, task, "retry_delay", task.retry_delay)
                task.retry_delay = timedelta(0)
        kinds = {task.task_id: getattr(task, "operator_class", type(task)) for task in dag.tasks}
        pods = {task: kind for task, kind in kinds.items() if _makes_pods(kind)}
        for kind in dict.fromkeys(pods.values()):
            stack.enter_context(patch.object(kind, "execute", _refuse))
        yield list(pods)


def refuse_pods(task: Any) -> None:
    """Its operator, in this process, fails where it would ask for Kubernetes."""
    kind = getattr(task, "operator_class", type(task))
    if _makes_pods(kind):
        kind.execute = _refuse


def _makes_pods(kind: Any) -> bool:
    return isinstance(kind, type) and any(each.__module__.startswith(_PODS) for each in kind.__mro__)


def _refuse(self: Any, *_: object, **__: object) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    raise AirflowFailException(f"{self.task_id} needs Kubernetes, and there is no cluster here")
