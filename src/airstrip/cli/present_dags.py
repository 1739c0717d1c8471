"""What the verbs of `dags` answer, as tables that fit a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airstrip.cli.colors import paint
from airstrip.cli.tables import columns, state
from airstrip.cli.width import fits, fold

_LEVELS = {"broken": "red", "missing": "red", "warning": "yellow"}
_SHORT_VERSION = 8


def present_list(data: Mapping[str, Any]) -> list[str]:
    dags, errors = data["dags"], data["importErrors"]
    count = _counted(len(dags), "DAG")
    broken = f"{_counted(len(errors), 'file')} cannot be imported"
    lines = [f"{data['name']}: {', '.join(([count] if dags or not errors else []) + ([broken] if errors else []))}"]
    lines += _dags(dags)
    if errors:
        lines += ["", "cannot be imported", *(line for error in errors for line in _error(error))]
    return lines


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _dags(dags: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where a line is too long, without the time of the last run, then on two lines each.

    A bundle that tells something stays, be it in place of the schedule: after a push one looks for what is live.
    """
    rows = [(dag["dag"], _bundle(dag), _schedule(dag), *_last_run(dag)) for dag in dags]
    told = len({row[1] for row in rows}) > 1 or any(dag["version"] for dag in dags)
    drops = ((), (4,), (2, 4)) if told else ((1,), (1, 4))
    tables = [columns(_drop(rows, *dropped)) for dropped in drops]
    narrow = [line for row in rows for line in (f"  {row[0]}", f"    {'  '.join(row[1 if told else 2 : 4])}")]
    return next((table for table in tables if fits(table, sys.stdout)), narrow)


def _drop(rows: Sequence[Sequence[str]], *indexes: int) -> list[list[str]]:
    return [[cell for index, cell in enumerate(row) if index not in indexes] for row in rows]


def _bundle(dag: Mapping[str, Any]) -> str:
    version = str(dag["version"] or "").removeprefix("sha256:")[:_SHORT_VERSION]
    return f"{dag['bundle']}@{version}" if version else str(dag["bundle"])


def _schedule(dag: Mapping[str, Any]) -> str:
    schedule = dag["schedule"] or "no schedule"
    return f"{schedule}, paused" if dag["paused"] else str(schedule)


def _last_run(dag: Mapping[str, Any]) -> tuple[str, str]:
    run = dag["lastRun"]
    if dag["importError"]:
        return paint("cannot be imported", "red", sys.stdout), ""
    if run is None:
        return "never ran", ""
    return state(run["state"]), str(run["started"] or "")[:16].replace("T", " ")


def _error(error: Mapping[str, Any]) -> list[str]:
    place = f"{error['file']}:{error['line']}" if error["line"] else str(error["file"])
    return fold(f"  {place}: {error['message']}", sys.stdout, 4)


def present_check(data: Mapping[str, Any]) -> list[str]:
    defects = data["defects"]
    read = f"{_counted(data['dags'], 'DAG')} in {_counted(data['files'], 'file')}"
    parts = [f"{read}, read by Airflow {data['airflow']}"]
    parts += [
        f"{found} {level}" for level in _LEVELS if (found := sum(each["level"] == level for each in defects))
    ] or ["nothing is wrong with them"]
    lines = [f"{data['path']}: {', '.join(parts)}"]
    for defect in defects:
        lines += ["", *_defect(defect)]
    return lines


def _defect(defect: Mapping[str, Any]) -> list[str]:
    place = f"{defect['file']}:{defect['line']}" if defect["line"] else str(defect["file"])
    level = str(defect["level"])
    head = f"{paint(level, _LEVELS[level], sys.stdout)} {place}: {defect['message']}  [{defect['code']}]"
    lines = fold(head, sys.stdout, 2)
    lines += fold(f"  cause: {defect['cause']}", sys.stdout, 9) if defect["cause"] else []
    lines += fold(f"  fix:   {defect['fix']}", sys.stdout, 9) if defect["fix"] else []
    return lines + [f"  | {line}" for line in str(defect["evidence"]).splitlines()]
