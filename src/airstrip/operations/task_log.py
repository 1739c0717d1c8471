"""A task's log, each line once and in order: from its pod while that lives, and from Airflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from airstrip.airflow_api import LogRecord, TaskInstance, TaskLog, read_output
from airstrip.kube import pod_logs
from airstrip.operations.session import Session

_CONTAINER = "base"
_POD_ENDED = ("Succeeded", "Failed")


class TaskLogReader:
    """Hands out what one try of a task has logged and was not handed out before.

    Airflow's answer for a running task is of no use for that: it mixes the log file with the last
    lines of the pod's output (see TaskLog). The pod's own output has every line, as it comes and in
    order, but goes with the pod; so what it did not give is taken from Airflow, which then has the
    file alone. One line has two times in the two, so lines are counted by their text.
    """

    def __init__(self, session: Session, task: TaskInstance, try_number: int) -> None:
        self._session = session
        self._task = task
        self.try_number = try_number
        self._given: Counter[tuple[str, str, str]] = Counter()
        self._read_pods: set[str] = set()

    def new_lines(self, *, follow: bool) -> Iterator[str]:
        """With `follow`, as they come until the pods that the task has now have ended."""
        for pod in self._pods():
            if pod["metadata"]["uid"] not in self._read_pods:
                self._read_pods.add(pod["metadata"]["uid"])
                yield from self._from_pod(pod, follow=follow)
        yield from self.kept_lines()

    def kept_lines(self) -> Iterator[str]:
        """What Airflow keeps of it; nothing while it mixes that with what a pod says."""
        log = self._kept()
        if not log.is_merged:
            yield from self._not_given(log.records)

    def has_pod(self) -> bool:
        """True while a pod may still write: a task's state is final before its last lines are written."""
        return any(pod["status"].get("phase") not in _POD_ENDED for pod in self._pods())

    def _from_pod(self, pod: dict[str, Any], *, follow: bool) -> Iterator[str]:
        yield from self._before(pod["metadata"]["creationTimestamp"])
        cluster, about = self._session.cluster, pod["metadata"]
        for line in pod_logs(cluster, about["name"], about["namespace"], container=_CONTAINER, follow=follow):
            if record := read_output(line):
                self._given[record.text] += 1
                yield from record.lines()

    def _before(self, created: str) -> Iterator[str]:
        """What earlier pods of the same try have logged: those of a sensor that looks now and then, for one."""
        records = self._kept().records
        yield from self._not_given(record for record in records if _second(record.timestamp or "Z") <= _second(created))

    def _not_given(self, records: Iterable[LogRecord]) -> Iterator[str]:
        seen: Counter[tuple[str, str, str]] = Counter()
        for record in records:
            seen[record.text] += 1
            if seen[record.text] > self._given[record.text]:
                self._given[record.text] += 1
                yield from record.lines()

    def _kept(self) -> TaskLog:
        task = self._task
        return self._session.airflow.task_log(
            task.dag_id, task.run_id, task.task_id, try_number=self.try_number, map_index=task.map_index
        )

    def _pods(self) -> list[dict[str, Any]]:
        """Oldest first. Labels hold shortened names; annotations hold them whole."""
        spec = self._session.spec
        labels = f"kubernetes_executor=True,app.kubernetes.io/instance={spec.name},try_number={self.try_number}"
        pods = (
            pod
            for namespace in spec.task_namespaces
            for pod in self._session.cluster.list("v1", "Pod", namespace, label_selector=labels)
        )
        mine = [pod for pod in pods if self._is_mine(pod["metadata"].get("annotations") or {})]
        return sorted(mine, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def _is_mine(self, annotations: dict[str, str]) -> bool:
        task = self._task
        wanted = {"dag_id": task.dag_id, "run_id": task.run_id, "task_id": task.task_id}
        index = int(annotations.get("map_index", -1))
        return index == task.map_index and wanted.items() <= annotations.items()


def _second(timestamp: str) -> str:
    """Kubernetes' times have no fractions. Its pods take longer than a second to say something."""
    return timestamp[: len("2026-11-21T05:11:17")]
