"""Reports of a run as events: lines belong to the task that runs, and what is only Airflow's own stays out."""

from __future__ import annotations

import json

import pytest

from airstrip.events import Event, LogLine, StepFailed, StepFinished, StepStarted
from airstrip.operations.authoring.course import Course


def said(course: Course, task: str, state: str, *, index: int = -1, tries: int = 1, **more: object) -> None:
    course.report({"event": "task", "task": task, "map": index, "try": tries, "state": state, **more})


def record(event: str, logger: str, level: str = "info") -> str:
    return json.dumps({"event": event, "logger": logger, "level": level, "timestamp": "2026-11-21T10:00:00Z"})


def test_lines_belong_to_the_task_that_runs() -> None:
    events: list[Event] = []
    course = Course(events.append)
    with course.starting("Start"):
        course.line("printed while the files are read")
        course.report({"event": "ready"})
        said(course, "double", "running", index=1)
        course.line("printed")
        course.line(record("logged", "etl"))
        said(course, "double", "success", index=1)
    assert course.logs == {
        "airflow": ["printed while the files are read"],
        "double[1]": ["printed", "2026-11-21T10:00:00Z INFO logged"],
    }
    kinds = [type(event) for event in events]
    assert kinds == [StepStarted, LogLine, StepFinished, StepStarted, LogLine, LogLine, StepFinished]
    assert course.first_task is not None


@pytest.mark.parametrize(
    "logger", ["airflow.api_fastapi.execution_api.routes", "airflow.models.dagrun", "airflow.sdk.definitions.dag"]
)
def test_what_stands_in_for_the_cluster_is_not_in_the_log(logger: str) -> None:
    course = Course(lambda _: None)
    said(course, "a", "running")
    course.line(record("Task started", logger))
    course.line(record("::group::Pre", "task"))
    course.line(record("of an operator", "airflow.task.operators.bash"))
    course.line(record("not as it should be", logger, "warning"))
    assert course.logs == {
        "a": ["2026-11-21T10:00:00Z INFO of an operator", "2026-11-21T10:00:00Z WARNING not as it should be"]
    }


@pytest.mark.parametrize(
    "line",
    [
        "{'day': 'monday'}",
        "{",
        "{} items",
        '{"event":"order","customer":7}',
        '{"event":"order","level":"info"}',
        '["a", 1]',
        "null",
    ],
)
def test_what_a_task_prints_is_there_as_it_is(line: str) -> None:
    course = Course(lambda _: None)
    said(course, "a", "running")
    course.line(line)
    assert course.logs == {"a": [line]}


def test_what_a_run_waits_for_is_said_once() -> None:
    course = Course(lambda _: None)
    for _ in range(3):
        course.line(record("Waiting for Human-in-the-loop input for tasks: ['ask']", "airflow.sdk.definitions.dag"))
        course.line(record("No tasks to run. unrunnable tasks: {<ask>}", "airflow.sdk.definitions.dag", "warning"))
    first, second = course.logs["airflow"]
    assert "Human-in-the-loop" in first
    assert "unrunnable" in second


def test_a_task_that_fails_outside_of_its_own_try_has_its_error_and_has_ended() -> None:
    """As one whose trigger raises: no listener hears of it, and Airflow only logs it."""
    events: list[Event] = []
    course = Course(events.append)
    said(course, "wait", "running", index=1)
    stack = [{"exc_type": "ValueError", "exc_value": "no such queue", "frames": []}]
    logged = json.loads(record("[DAG TEST] Error running task", "airflow.sdk.definitions.dag", "error"))
    course.line(json.dumps({**logged, "exception": stack}))
    said(course, "after", "running")
    assert course.logs["wait[1]"][-1] == "ValueError: no such queue"
    assert course.errors == {("wait", 1): {"type": "ValueError", "message": "no such queue"}}
    assert [event.title for event in events if isinstance(event, StepFailed)] == ["wait[1]"]
    course.report({"event": "ended", "run": "r", "state": "failed", "tasks": []})
    assert [event.title for event in events if isinstance(event, StepFailed)] == ["wait[1]", "after"]


def test_each_try_is_a_step_and_a_deferred_task_is_one() -> None:
    events: list[Event] = []
    course = Course(events.append)
    said(course, "a", "running")
    said(course, "a", "up_for_retry", error={})
    said(course, "a", "running", tries=2)
    said(course, "a", "running", tries=2)
    said(course, "a", "failed", tries=2, error={"type": "ValueError"})
    assert [event.title for event in events if isinstance(event, StepStarted)] == ["a", "a, try 2"]
    assert [event.title for event in events if isinstance(event, StepFailed)] == ["a", "a, try 2"]
    assert course.errors == {("a", -1): {"type": "ValueError"}}


def test_what_is_under_way_when_the_program_ends_has_failed() -> None:
    events: list[Event] = []
    course = Course(events.append)

    def crash() -> None:
        with course.starting("Start"):
            course.report({"event": "ready"})
            said(course, "a", "running")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert [type(event) for event in events] == [StepStarted, StepFinished, StepStarted, StepFailed]


@pytest.mark.parametrize(
    ("reports", "is_whole"),
    [
        ([], False),
        ([{"event": "parsed", "dags": ["etl"]}], False),
        ([{"event": "parsed", "dags": ["other"]}], True),
        ([{"event": "parsed", "dags": ["etl"]}, {"event": "no-task", "task": "lod", "tasks": ["load"]}], True),
        ([{"event": "parsed", "dags": ["etl"]}, {"event": "ended", "tasks": []}], True),
    ],
)
def test_what_ends_the_process_with_exit_code_0_is_not_taken_for_its_end(
    reports: list[dict[str, object]], is_whole: bool
) -> None:
    course = Course(lambda _: None)
    for report in reports:
        course.report(report)
    assert course.came_to_its_end("etl") is is_whole


def test_rows_are_in_the_order_of_their_beginning_and_what_never_began_is_last() -> None:
    course = Course(lambda _: None)
    for name in ("z", "a"):
        said(course, name, "running")
        said(course, name, "success")
    course.line("after all of them")
    ended = [("a", 1, 0.2), ("never", 0, 0.0), ("z", 1, 0.1)]
    tasks = [{"task": name, "map": -1, "try": tries, "state": "s", "seconds": took} for name, tries, took in ended]
    course.report({"event": "ended", "run": "r", "state": "success", "tasks": tasks})
    assert [(row["task"], row["seconds"]) for row in course.rows()] == [("z", 0.1), ("a", 0.2), ("never", None)]
