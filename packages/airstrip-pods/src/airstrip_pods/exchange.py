"""What a task in a pod of its own gets from Airflow and gives back to it. No Airflow is needed."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

from airstrip_pods.errors import ProjectError
from airstrip_pods.writing import PathDestination, Writer

Value = TypeVar("Value")
_NOTHING = object()

_OF_EVERY_CONTAINER = frozenset({"HOME", "HOSTNAME", "LANG", "PATH"})
"""Variables that are there though nobody gave them to the task."""

XCOM_FILE = Path("/airflow/xcom/return.json")
"""Where the sidecar of a KubernetesPodOperator with do_xcom_push looks."""


def return_xcom(value: Any, file: Path | None = None) -> None:
    """Makes `value`, which must be JSON, what the task returns. Called again, the last one counts.

    Raises TypeError or ValueError for what is no JSON (NaN is none), ProjectError where nobody would look.
    """
    text = json.dumps(value, allow_nan=False)
    file = file or XCOM_FILE
    if not file.parent.is_dir():
        raise ProjectError(
            f"Nobody waits for what this task returns: there is no folder {file.parent}.",
            fix="Set do_xcom_push=True at the KubernetesPodOperator.",
        )
    with Writer(PathDestination(file), str(file)) as writer:
        writer.write(text.encode())


@overload
def argument(name: str | int) -> str: ...


@overload
def argument(name: str | int, *, parse: Callable[[str], Value]) -> Value: ...


@overload
def argument(name: str | int, default: Value) -> str | Value: ...


@overload
def argument(name: str | int, default: Value, *, parse: Callable[[str], Value]) -> Value: ...


def argument(name: str | int, default: Any = _NOTHING, *, parse: Callable[[str], Any] = str) -> Any:
    """What the task was given: `--NAME VALUE` or `--NAME=VALUE`, else the environment variable NAME, else `default`.

    A number means the one in that place of the command line, from 0. The variable of `input-file` is INPUT_FILE;
    those that every container has (HOME, HOSTNAME, LANG, PATH) are nobody's arguments. A VALUE that begins with `--` is
    written with `=`.
    `parse` makes a value of the text: int, float, `parse_value`. Raises ProjectError where there is nothing.
    """
    text = _in_place(name) if isinstance(name, int) else _by_name(name)
    if text is not None:
        return parse(text)
    if default is not _NOTHING:
        return default
    if isinstance(name, int):
        raise ProjectError(f"This task was given no argument {name}.", fix="Add it to the operator's `arguments`.")
    variable = _variable(name)
    by_variable = "" if variable in _OF_EVERY_CONTAINER else f", or {variable} to its `env_vars`"
    raise ProjectError(
        f"This task was given no {name}.",
        fix=f"Add '--{name}=VALUE' to the operator's `arguments`{by_variable}.",
    )


def parse_value(text: str) -> Any:
    """What a template rendered: JSON, or Python's own way to write what another task returned; else the text."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def _in_place(place: int) -> str | None:
    given = sys.argv[1:]
    return given[place] if place < len(given) else None


def _by_name(name: str) -> str | None:
    option = f"--{name}"
    given = sys.argv[1:]
    for place, text in enumerate(given):
        if text == option and place + 1 < len(given) and not given[place + 1].startswith("--"):
            return given[place + 1]
        if text.startswith(f"{option}="):
            return text.partition("=")[2]
    variable = _variable(name)
    return None if variable in _OF_EVERY_CONTAINER else os.environ.get(variable)


def _variable(name: str) -> str:
    return name.replace("-", "_").upper()
