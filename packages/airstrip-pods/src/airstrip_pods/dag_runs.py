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
        return dag.test(run_conf=conf or None, mark_success_pattern=marked, **date)
    finally:
        dagbag.BundleDagBag = usual


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


def _makes_pods(kind: Any) -> bool:
    return isinstance(kind, type) and any(each.__module__.startswith(_PODS) for each in kind.__mro__)


def _refuse(self: Any, *_: object, **__: object) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    raise AirflowFailException(f"{self.task_id} needs Kubernetes, and there is no cluster here")
