"""Which task explains a run, or another task: e -> t -> l, and s beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.airflow_api import TaskDefinition, TaskInstance
from airstrip.diagnose.why.focus import in_trouble, root_of
from tests.unit.diagnose.why.making import TASK

DEFINITIONS = {
    "e": TaskDefinition("e", downstream=("t",)),
    "t": TaskDefinition("t", downstream=("l",)),
    "l": TaskDefinition("l"),
    "s": TaskDefinition("s"),
}


def tasks(**states: str | None) -> list[TaskInstance]:
    return [replace(TASK, task_id=name, state=state) for name, state in states.items()]


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        ({"e": "success", "t": "failed", "l": "upstream_failed"}, "t"),
        ({"l": "failed", "t": "failed", "e": "failed"}, "e"),
        ({"e": "running", "s": "failed"}, "s"),
        ({"e": "running", "s": "up_for_retry", "t": None}, "s"),
        ({"e": "running", "s": "queued", "t": None}, "s"),
        ({"e": "running", "s": "scheduled", "t": None}, "s"),
        ({"e": "running", "s": "deferred", "t": None}, "s"),
        ({"e": "running", "t": None, "l": None}, "e"),
        ({"e": "success", "t": None, "l": None}, "t"),
        ({"e": "success", "t": "skipped", "l": "removed"}, None),
        ({"l": "upstream_failed"}, "l"),
    ],
)
def test_the_first_in_trouble_explains_a_run(states: dict[str, str | None], chosen: str | None) -> None:
    found = in_trouble(tasks(**states), DEFINITIONS)
    assert (found.task_id if found else None) == chosen


@pytest.mark.parametrize(
    ("states", "root"),
    [
        ({"e": "failed", "t": "upstream_failed", "l": "upstream_failed"}, "e"),
        ({"e": "running", "t": None, "l": None}, "e"),
        ({"e": "success", "t": "deferred", "l": None}, "t"),
        ({"e": "success", "t": "success", "l": None, "s": "failed"}, "l"),
        ({"e": "failed", "t": "success", "l": "failed"}, "l"),
        ({"s": "running", "l": "upstream_failed"}, "l"),
    ],
)
def test_a_task_that_waits_is_explained_by_what_stands_before_it(states: dict[str, str | None], root: str) -> None:
    all_of_them = tasks(**states)
    asked = next(task for task in all_of_them if task.task_id == "l")
    assert root_of(asked, all_of_them, DEFINITIONS).task_id == root


def test_a_task_that_runs_after_failures_too_waits_for_what_goes_on() -> None:
    """`l` has the trigger rule all_done: what failed before it is done."""
    definitions = {**DEFINITIONS, "s": TaskDefinition("s", downstream=("l",))}
    run = tasks(e="success", t="failed", l=None, s="running")
    assert root_of(run[2], run, definitions).task_id == "s"
    # Nobody has come to it since.
    run = tasks(e="success", t="failed", l=None, s="success")
    assert root_of(run[2], run, definitions).task_id == "t"


@pytest.mark.parametrize(("failed", "root"), [((0, 2), 2), ((0, 1), 0)])
def test_in_a_mapped_group_a_task_is_explained_by_that_of_its_index(failed: tuple[int, ...], root: int) -> None:
    above = [replace(TASK, task_id="e", map_index=n, state="failed" if n in failed else "success") for n in range(3)]
    asked = replace(TASK, task_id="t", map_index=2, state="upstream_failed")
    found = root_of(asked, [*above, asked], DEFINITIONS)
    assert (found.task_id, found.map_index) == ("e", root)


def test_of_mapped_ones_the_first_that_failed_is_chosen() -> None:
    mapped = [replace(TASK, task_id="s", map_index=n, state="failed" if n == 2 else "success") for n in range(4)]
    found = in_trouble(mapped, DEFINITIONS)
    assert found
    assert found.map_index == 2


def test_a_dag_of_wide_layers_is_read_once() -> None:
    """Twelve layers of ten tasks, each before all of the next: 10^12 ways through it, 120 tasks."""
    layers = [[f"l{layer}-{number}" for number in range(10)] for layer in range(12)]
    definitions = {
        name: TaskDefinition(name, downstream=tuple(below))
        for layer, below in zip(layers, [*layers[1:], []], strict=True)
        for name in layer
    }
    states = {
        name: "success" if layer < 4 else "upstream_failed" for layer, names in enumerate(layers) for name in names
    }
    run = [replace(TASK, task_id=name, state=state) for name, state in {**states, "l3-7": "failed"}.items()]
    asked = next(task for task in run if task.task_id == "l11-0")
    assert root_of(asked, run, definitions).task_id == "l3-7"
