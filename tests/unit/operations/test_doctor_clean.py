"""`doctor --clean` deletes what nobody needs when it is deleted, not when it was asked about."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip import times
from airstrip.answers import CleanData
from airstrip.errors import KubernetesError
from airstrip.operations import Session
from airstrip.operations import clean as operation
from airstrip.result import Result
from tests.unit.airflow_api.test_client import RUN, Airflow
from tests.unit.diagnose.test_task_pods import RUNS, TASK, TASKS, Pods, dags, listed

OVER = {**TASK, "state": "failed", "end_date": "2026-01-01T00:00:00Z"}


class Cluster(Pods):
    """It has one pod of an operator; `refusal` is what it answers to whoever deletes it."""

    def __init__(self, refusal: KubernetesError | None = None) -> None:
        super().__init__(annotated=False)
        self.refusal = refusal
        self.deleted: list[Any] = []

    def delete(self, *_: object, preconditions: dict[str, str], **__: object) -> bool:
        if self.refusal:
            raise self.refusal
        self.deleted.append(preconditions["uid"])
        return True


def clean(cluster: Cluster, *tasks: dict[str, Any]) -> int:
    """Returns how many pods are deleted."""
    result = cleaned(cluster, *tasks)
    assert len(result.data["pods"]) == 1
    return int(result.data["deleted"])


def cleaned(
    cluster: Cluster,
    *tasks: dict[str, Any],
    namespaces: tuple[str, ...] = ("w",),
    config: dict[str, dict[str, str]] | None = None,
) -> Result[CleanData]:
    """With what Airflow says of the task each time that it is asked."""
    said: Iterator[dict[str, Any]] = iter(tasks)
    answers: dict[str, Any] = {
        "dags": dags,
        RUNS: listed("dag_runs", RUN),
        TASKS: lambda _: listed("task_instances", next(said)),
    }
    spec = SimpleNamespace(
        name="x",
        namespaces=SimpleNamespace(control="c", workers="w"),
        task_namespaces=namespaces,
        airflow=SimpleNamespace(version="3.3.2", executor="kubernetes", config=config or {}),
        dags=SimpleNamespace(git=()),
        database=SimpleNamespace(url=""),
    )
    session = SimpleNamespace(spec=spec, cluster=cluster, airflow=Airflow(**answers).client())
    return operation(cast(Session, session), lambda _: True)


def test_a_pod_that_nobody_needs_is_deleted() -> None:
    cluster = Cluster()
    assert (clean(cluster, OVER, OVER), cluster.deleted) == (1, ["u"])


def test_a_pod_that_the_next_try_has_taken_up_again_since_it_was_asked_about_stays() -> None:
    cluster = Cluster()
    assert (clean(cluster, OVER, {**TASK, "try_number": 2}), cluster.deleted) == (0, [])


def test_a_namespace_that_is_closed_is_a_finding() -> None:
    closed = {"proj"}

    class Closed(Cluster):
        def list(self, *about: Any, **more: Any) -> list[dict[str, Any]]:
            if about[2] in closed:
                raise KubernetesError("kubernetes.forbidden", "ada may not list pods", status=403)
            return super().list(*about, **more)

    result = cleaned(Closed(), OVER, OVER, namespaces=("w", "proj"))
    assert ([finding.code for finding in result.findings], result.exit_code) == (["probe.forbidden"], 3)
    assert result.data["deleted"] == 1
    closed.add("w")
    result = cleaned(Closed(), namespaces=("w", "proj"))
    assert ([finding.about for finding in result.findings], result.exit_code) == (["forbidden/w", "forbidden/proj"], 3)


def test_a_pod_in_whose_place_there_is_another_one_ends_nothing() -> None:
    assert clean(Cluster(KubernetesError("kubernetes.conflict", "another uid", status=409)), OVER, OVER) == 0
    with pytest.raises(KubernetesError):
        clean(Cluster(KubernetesError("kubernetes.forbidden", "may not", status=403)), OVER, OVER)


@pytest.mark.parametrize(
    ("overtime", "rows"), [({}, 1), ({"task_success_overtime": "3600"}, 0), ({"task_success_overtime": "long"}, 1)]
)
def test_a_pod_whose_callbacks_may_still_be_at_work_is_not_offered(overtime: dict[str, str], rows: int) -> None:
    ended = (times.now() - datetime.timedelta(minutes=10)).isoformat()
    over = {**TASK, "state": "success", "end_date": ended}
    assert len(cleaned(Cluster(), over, over, config={"core": overtime}).data["pods"]) == rows
