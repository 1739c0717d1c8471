"""Tasks in groups, runs of an older version of their DAG, and runs that somebody deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from airstrip.errors import AirflowError, UsageError
from tests.unit.operations.test_why import LOG, Fake, codes, row, seen

__all__ = ["seen"]


@dataclass
class Grouped(Fake):
    """A group `g` of the same tasks: `g.e` before `g.l`."""

    rows: list[dict[str, Any]] = field(default_factory=lambda: [row("g.e", "failed"), row("g.l", "upstream_failed")])

    def answer(self, path: str) -> dict[str, Any] | None:
        answers: dict[str, dict[str, Any]] = {
            "dags/d/tasks": {"tasks": [{"task_id": "g.e", "downstream_task_ids": ["g.l"]}, {"task_id": "g.l"}]},
            "dags/d/dagRuns/r/taskInstances/g.e/logs/1": LOG,
        }
        return answers[path] if path in answers else super().answer(path)


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (None, ["task.exception"]),
        ("g.e", ["task.exception"]),
        ("g.l", ["task.exception", "task.upstream-failed"]),
    ],
)
def test_a_task_of_a_group_is_explained_by_its_whole_name(task: str | None, wanted: list[str]) -> None:
    result = Grouped().why(task)
    assert codes(result) == wanted
    assert result.findings[0].cause == "ValueError: no such day."
    assert "./airstrip logs d g.e --run r" in result.findings[0].fix


@pytest.mark.parametrize("name", ["e", "g"])
def test_a_group_and_a_name_without_its_group_are_answered_with_the_tasks(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        Grouped().why(name)
    assert (raised.value.code, raised.value.fix) == ("why.unknown-task", "Its tasks: g.e, g.l")


@dataclass
class Older(Fake):
    """The run has `e` and `l`; since then the file's tasks are `first` and `last`."""

    rows: list[dict[str, Any]] = field(
        default_factory=lambda: [row("e", "failed"), row("l", "upstream_failed", number=0)]
    )

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "dags/d/tasks":
            return {"tasks": [{"task_id": "first", "downstream_task_ids": ["last"]}, {"task_id": "last"}]}
        return super().answer(path)


def test_a_task_that_the_newest_version_has_not_is_explained_as_its_run_had_it() -> None:
    assert codes(Older().why("e", "r")) == ["task.exception"]
    # Of a task that waits for others, the older version's order is not known; the run's own answer is.
    assert codes(Older().why("l", "r")) == ["task.upstream-failed"]
    result = Older().why(run="r")
    assert (codes(result), result.data["because"]["task"]) == (["task.exception"], "e")


def test_a_task_of_the_newest_version_is_not_in_an_older_run() -> None:
    with pytest.raises(UsageError) as raised:
        Older().why("first", "r")
    assert (raised.value.code, raised.value.fix) == ("why.unknown-task", "Its tasks: e, l")
    assert "added after the run was made" in raised.value.cause


@pytest.mark.parametrize("state", [None, "scheduled", "skipped", "up_for_retry", "removed"])
def test_a_task_without_a_definition_is_explained_in_every_state(state: str | None) -> None:
    run = "failed" if state in ("skipped", "removed") else "running"
    result = Older(rows=[row("e", "success"), row("l", state, number=0)], run=run).why("l", "r")
    assert (result.data["task"], result.data["state"]) == ("l", state)
    codes(result)


@dataclass
class Deleted(Fake):
    """The run is deleted after it was found, before its tasks are asked for."""

    def answer(self, path: str) -> dict[str, Any] | None:
        return None if path == "dags/d/dagRuns/r/taskInstances" else super().answer(path)


@pytest.mark.parametrize("fake", [Fake(run=None), Deleted()], ids=["long ago", "just now"])
@pytest.mark.parametrize("task", [None, "e"])
def test_a_run_that_was_deleted_is_said_to_be_so(fake: Fake, task: str | None) -> None:
    with pytest.raises(AirflowError) as raised:
        fake.why(task, "r")
    assert (raised.value.code, raised.value.message) == ("airflow.run-not-found", "d has no run r")
    assert "deleted" in raised.value.cause
    assert raised.value.fix == "See the last runs: ./airstrip status"
