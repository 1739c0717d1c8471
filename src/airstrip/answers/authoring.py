"""What `dev` and `test` answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

# `map` is -1 where the task is not mapped; `seconds` are of its last try, None where it did not run.
DevTaskData = TypedDict("DevTaskData", {"task": str, "map": int, "try": int, "state": str, "seconds": float | None})


class DevData(TypedDict):
    """`firstTask` is how many seconds after the begin the first task ran, None where none did."""

    dag: str
    run: str | None
    state: str
    tasks: Sequence[DevTaskData]
    logs: Mapping[str, Sequence[str]]
    seconds: float
    firstTask: float | None
    environment: str


class TestCaseData(TypedDict):
    """`outcome`: passed, failed, skipped or error; `message` is the last line of why."""

    test: str
    outcome: str
    seconds: float
    message: str


class TestData(TypedDict):
    """`default` says that the built-in checks ran, for there are no tests in `folder`."""

    folder: str
    default: bool
    counts: Mapping[str, int]
    tests: Sequence[TestCaseData]
    seconds: float


class DeprecationData(TypedDict):
    rule: str
    file: str
    line: int
    message: str
    fix: str


class UpgradeData(TypedDict):
    """What the next Airflow will not take any more."""

    folder: str
    airflow: str
    deprecations: Sequence[DeprecationData]
