"""Runs one DAG, or one task of it, on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from airstrip.answers import DevData
from airstrip.errors import AirstripError, CommandError, UsageError
from airstrip.events import Emit
from airstrip.findings import Finding
from airstrip.operations.authoring.alone import alone
from airstrip.operations.authoring.course import Course
from airstrip.operations.authoring.findings import import_findings, run_findings
from airstrip.operations.authoring.home import home_of
from airstrip.operations.authoring.prepare import Place, prepared
from airstrip.operations.authoring.program import crashed, run_program
from airstrip.operations.authoring.projects import project_findings
from airstrip.result import Result
from airstrip.spec import Spec


@dataclass(frozen=True)
class DevRequest:
    """What is to be run. `map_index` None: every item of a mapped task. `mark_success` are ids of tasks."""

    dag: str
    task: str | None = None
    conf: Mapping[str, Any] = field(default_factory=dict)
    logical_date: str | None = None
    map_index: int | None = None
    mark_success: Sequence[str] = ()
    env: Path | None = None
    dags: Path | None = None


def dev(spec: Spec, request: DevRequest, emit: Emit) -> Result[DevData]:
    """Exit code 3 when the run did not succeed, or a task needed a cluster. Raises AirstripError."""
    began = time.monotonic()
    course = Course(emit, began)
    _check(request)
    with (
        prepared(spec, emit, request.env, request.dags) as place,
        alone(spec, place.home),
    ):
        _run(place, request, course)
    folder = place.workshop.dags
    if course.ended is None:
        return _without_run(request, course, place, began)
    rows = course.rows()
    found = [*run_findings(request.dag, course, rows, folder), *project_findings(course.projects, place.projects)]
    state = str(course.ended["state"])
    data = _data(request, course, place, began, run=str(course.ended["run"]), state=state)
    is_good = state == "success" and not any(finding.code == "dev.needs-cluster" for finding in found)
    return Result("dev", data, found, 0 if is_good else 3)


def _check(request: DevRequest) -> None:
    if request.map_index is not None and request.task is None:
        message = "--map is an item of a mapped task, and no task is named"
        fix = f"Name it: ./airstrip dev {request.dag} TASK --map {request.map_index}"
        raise UsageError("usage.wrong-command-line", message, fix=fix)
    if request.mark_success and request.task is not None:
        message = f"--mark-success is for a whole run, and {request.task} is to run alone"
        raise UsageError("usage.wrong-command-line", message, fix="Leave TASK away, or --mark-success.")


def known_dags(spec: Spec) -> Mapping[str, Sequence[str]]:
    """Tasks by DAG, as of the last parse on this machine."""
    known = home_of(spec).known_dags()
    return {dag: tuple(entry.get("tasks", ())) for dag, entry in known.items()}


def _run(place: Place, request: DevRequest, course: Course) -> None:
    wanted = {
        "dag": request.dag,
        "task": request.task,
        "map": request.map_index,
        "conf": dict(request.conf),
        "logicalDate": request.logical_date,
        "folder": str(place.workshop.dags),
        "index": str(place.home.index),
        "markSuccess": list(request.mark_success),
        "projects": place.for_programs,
    }
    try:
        with course.starting(f"Start Airflow and read {request.dag}"):
            run_program(place.workshop, ["-m", "airstrip_dev.run_dag"], wanted, course.report, course.line)
    except CommandError as error:
        raise crashed(f"ran {request.dag}", error.details) from error
    if course.refused is not None:
        raise _refused(request, course.refused)
    if not course.came_to_its_end(request.dag):
        raise crashed(f"ran {request.dag}", "")


def _refused(request: DevRequest, error: Mapping[str, Any]) -> AirstripError:
    return AirstripError(
        "dev.run-refused",
        f"Airflow did not run {request.dag}",
        cause=": ".join(filter(None, (error["type"], error["message"]))),
        fix="Check --conf against the DAG's params, --logical-date, --map, and the DAG file.",
    )


def _without_run(request: DevRequest, course: Course, place: Place, began: float) -> Result[DevData]:
    """There is no such DAG or task; where files could not be read, that may be why."""
    if course.known_tasks is not None:
        unknown = str(course.unknown_task)
        raise _unknown("task", unknown, course.known_tasks, f"{request.dag} has no task {unknown}")
    parsed = course.parsed or {"dags": (), "errors": {}}
    error = _unknown("dag", request.dag, parsed["dags"], f"no file in {place.workshop.dags} has a DAG {request.dag}")
    if not parsed["errors"]:
        raise error
    found = [
        Finding(error.code, error.message, f"A file cannot be imported: see below. {error.cause}", error.fix),
        *import_findings(parsed["errors"], place.workshop.dags),
    ]
    return Result("dev", _data(request, course, place, began, run=None, state="not-found"), found, 3)


def _unknown(kind: str, word: str, known: Iterable[str], message: str) -> UsageError:
    names = sorted(known)
    near = get_close_matches(word, names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(names[:10]) or 'none yet'}."
    if kind == "task":
        return UsageError("dev.unknown-task", message, cause=hint, fix="Correct the task's id.")
    return UsageError("dev.unknown-dag", message, cause=hint, fix="Correct the DAG's id, or dags.path.")


def _data(request: DevRequest, course: Course, place: Place, began: float, *, run: str | None, state: str) -> DevData:
    return {
        "dag": request.dag,
        "run": run,
        "state": state,
        "tasks": course.rows(),
        "logs": course.logs,
        "seconds": round(time.monotonic() - began, 2),
        "firstTask": None if course.first_task is None else round(course.first_task, 2),
        "environment": str(place.environment.folder),
    }
