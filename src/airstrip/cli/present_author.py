"""What `dev` and `test` answer, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.cli.lines import format_seconds
from airstrip.cli.tables import columns, state


def present_dev(data: Mapping[str, Any]) -> list[str]:
    rows = [
        (_name(task), state(task["state"]), _seconds(task["seconds"]), _tries(task["try"])) for task in data["tasks"]
    ]
    head = f"{data['dag']}: {state(data['state'])}"
    first = "" if data["firstTask"] is None else f", the first task after {format_seconds(data['firstTask'])}"
    return [f"{head}  {format_seconds(data['seconds'])}{first}", *columns(rows)]


def present_test(data: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in data["counts"].items()) or "no tests"
    what = "There are no tests; Airstrip's own checks: " if data["default"] else ""
    return [f"{what}{counts}  {format_seconds(data['seconds'])}"]


def present_upgrade(data: Mapping[str, Any]) -> list[str]:
    count = len(data["deprecations"]) or "nothing"
    return [f"{data['folder']}: {count} to change for what comes after Airflow {data['airflow']}"]


def _name(task: Mapping[str, Any]) -> str:
    return str(task["task"]) if task["map"] < 0 else f"{task['task']}[{task['map']}]"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else format_seconds(seconds)


def _tries(number: int) -> str:
    return f"{number} tries" if number > 1 else ""
