"""Answers are as Airflow 3.3.2 gave them: a running task's log holds its pod's last lines a second time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import TaskInstance, TaskLog
from airstrip.airflow_api.log_lines import read_answer
from airstrip.errors import UsageError
from airstrip.operations import Session, task_logs

TASK = TaskInstance("d", "r", "t", -1, 1, 0, "running", None, None, None, None, None, None)
STARTED = "2026-11-21T05:11:10Z"


def stamp(second: float) -> str:
    return f"2026-11-21T05:11:{second:09.6f}Z"


def entry(second: float, event: str, logger: str = "task.stdout") -> dict[str, str]:
    return {"timestamp": stamp(second), "event": event, "level": "info", "logger": logger}


def pod(name: str, created: str = STARTED, *, phase: str = "Running", task: str = "t", **annotations: str) -> Any:
    about = {"dag_id": "d", "run_id": "r", "task_id": task, "try_number": "1", **annotations}
    metadata = {
        "name": name,
        "namespace": "workers",
        "uid": name,
        "creationTimestamp": created,
        "annotations": about,
    }
    return {"metadata": metadata, "status": {"phase": phase}}


@dataclass
class Fake:
    """A task at each look: its state, its pods, their output, and the answer that Airflow gives for it."""

    tasks: list[TaskInstance]
    answers: dict[int, list[list[dict[str, str]]]]
    pods: list[Any] = field(default_factory=list)
    output: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def session(self) -> Session:
        spec = SimpleNamespace(name="air", task_namespaces=("workers", "team-sales"))
        return cast("Session", SimpleNamespace(spec=spec, cluster=self, airflow=self))

    def task_instances(self, *_: object) -> list[TaskInstance]:
        return [self.tasks[0]]

    def task_instance(self, *_: object) -> TaskInstance:
        return self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0]

    def task_log(self, *_: object, try_number: int, map_index: int) -> TaskLog:
        assert map_index == -1
        answers = self.answers[try_number]
        return read_answer(answers.pop(0) if len(answers) > 1 else answers[0])

    def lines(self, *, try_number: int | None = None, map_index: int = -1, follow: bool = True) -> list[str]:
        lines = task_logs(
            self.session(), "d", "t", run_id="r", try_number=try_number, map_index=map_index, follow=follow
        )
        return [line.removeprefix(line[:27]).removeprefix(" INFO").removeprefix(" ") for line in lines]

    def list(self, _: str, __: str, namespace: str, *, label_selector: str) -> Any:
        number = label_selector.rpartition("try_number=")[2]
        here = [pod for pod in self.pods if pod["metadata"]["namespace"] == namespace]
        return [pod for pod in here if pod["metadata"]["annotations"]["try_number"] == number]


MERGED = [
    {"event": "::group::Log message source details"},
    {"event": "Found logs through kube API"},
    {"event": "::endgroup::"},
]


def merged(file: list[dict[str, str]], output: list[dict[str, str]]) -> list[dict[str, str]]:
    """As Airflow merges the log file with the last hundred lines of the pod."""
    return [*MERGED, *sorted([*file, *output[-100:]], key=lambda record: record["timestamp"])]


def written(*events: str, at: float = 20.0) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The log file and the pod's output: each printed line in both, a moment apart."""
    file = [entry(at + number / 100, event) for number, event in enumerate(events)]
    return file, [entry(at + number / 100 + 0.000150, event) for number, event in enumerate(events)]


@pytest.fixture(autouse=True)
def _pods_talk_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def pod_logs(cluster: Fake, name: str, namespace: str, **_: object) -> Iterator[str]:
        cluster.asked.add(namespace)
        return map(json.dumps, cluster.output[name])

    monkeypatch.setattr("airstrip.operations.task_log.pod_logs", pod_logs)
    monkeypatch.setattr("airstrip.operations.logs.time.sleep", lambda seconds: None)


def ended(task: TaskInstance = TASK) -> TaskInstance:
    return replace(task, state="success")


def test_a_running_task_s_lines_come_once_and_in_order_equal_ones_too() -> None:
    events = [*(f"line {number}" for number in range(150)), "", "", "again", "again", "again", "last"]
    file, output = written(*events)
    fake = Fake([TASK, TASK, ended()], {1: [merged(file, output), file]}, [pod("a")], {"a": output})
    assert fake.lines() == events


def test_a_task_of_a_project_with_a_namespace_of_its_own_is_followed_there() -> None:
    file, output = written("one", "two")
    there = pod("a")
    there["metadata"]["namespace"] = "team-sales"
    fake = Fake([TASK, TASK, ended()], {1: [merged(file, output), file]}, [there], {"a": output})
    assert fake.lines() == ["one", "two"]
    assert fake.asked == {"team-sales"}


def test_what_a_pod_s_output_did_not_give_comes_at_the_end() -> None:
    file, output = written("one", "two", "two", "three")
    fake = Fake([TASK, ended()], {1: [file]}, [pod("a")], {"a": output[:2]})
    assert fake.lines() == ["one", "two", "two", "three"]


def test_a_running_task_s_log_that_is_not_followed_has_each_line_once() -> None:
    file, output = written("one", "one", "two")
    fake = Fake([TASK], {1: [merged(file, output)]}, [pod("a")], {"a": output})
    assert fake.lines(follow=False) == ["one", "one", "two"]


def test_other_tasks_pods_are_not_read() -> None:
    file, _ = written("one")
    others = [pod("b", task="other"), pod("c", map_index="0")]
    assert Fake([ended()], {1: [file]}, others).lines() == ["one"]


def test_a_try_that_has_had_several_pods_is_given_from_its_first_one_on() -> None:
    before, _ = written("looked", "again", at=2)
    file, output = written("looked", "again", at=20)
    answers = [merged([*before, *file], output), merged([*before, *file], output), [*before, *file]]
    fake = Fake([TASK, ended()], {1: answers}, [pod("second")], {"second": output})
    assert fake.lines() == ["looked", "again"] * 2


def test_a_followed_task_is_followed_through_its_retry() -> None:
    first, first_output = written("try", "failed")
    second, second_output = written("try", "done", at=40)
    again = replace(TASK, state="up_for_retry")
    retried = replace(TASK, try_number=2)
    pods = [pod("a"), pod("b", try_number="2")]
    tasks = [TASK, again, retried, ended(retried)]
    fake = Fake(tasks, {1: [first], 2: [second]}, pods, {"a": first_output, "b": second_output})
    assert fake.lines() == ["try", "failed", "try", "done"]


@pytest.mark.parametrize("now", [replace(TASK, state="up_for_retry"), replace(TASK, try_number=2)])
def test_a_try_that_is_named_is_followed_to_its_end_only(now: TaskInstance) -> None:
    file, output = written("try", "failed")
    fake = Fake([TASK, now], {1: [file]}, [pod("a")], {"a": output})
    assert fake.lines(try_number=1) == ["try", "failed"]


def test_a_task_that_waits_says_nothing_and_one_that_never_began_says_why() -> None:
    waiting = replace(TASK, try_number=0, state=None)
    why = [entry(1, "Task did not run because upstream task(s) failed.")]
    fake = Fake([waiting, waiting, replace(waiting, state="upstream_failed")], {0: [why]})
    assert fake.lines() == ["Task did not run because upstream task(s) failed."]


def test_a_task_that_is_not_mapped_needs_no_index() -> None:
    with pytest.raises(UsageError) as raised:
        Fake([TASK], {}).lines(map_index=3)
    assert raised.value.code == "logs.not-mapped"
    assert raised.value.fix == "Leave --map out: ./airstrip logs d t"


def test_a_mapped_task_s_indexes_are_named() -> None:
    class Mapped(Fake):
        def task_instances(self, *_: object) -> list[TaskInstance]:
            return [replace(TASK, map_index=index) for index in (0, 1, 2)]

    with pytest.raises(UsageError) as raised:
        Mapped([], {}).lines()
    assert (raised.value.code, raised.value.fix) == ("logs.mapped-task", "Name one: --map 0 … 2")
