"""Which of the removed things an import that failed is of, by Python's own words, and what to write in its place."""

from __future__ import annotations

import re

from airstrip.dags.facts import Facts, ParseError
from airstrip.dags.removed import Removed, instead_of

_NO_MODULE = re.compile(r"No module named '(?P<module>[\w.]+)'")
_NO_NAME = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<package>[\w.]+)'")
MOVED = ("airflow.contrib", "airflow.operators", "airflow.hooks", "airflow.sensors", "airflow.subdag")
"""Packages of Airflow 2 whose contents are in providers, or gone."""
_ELSEWHERE = "Import it from its provider, airflow.providers.*; simple operators are in airflow.providers.standard"


def instead(removed: Removed) -> str:
    """What to write in its place."""
    return sentence(removed.fix or (_ELSEWHERE if removed.name.startswith(MOVED) else "Write it without"))


def explanation(error: ParseError, facts: Facts) -> Removed | None:
    """What Airflow 3 removed, and the error is of."""
    found = (each for each in facts.removed if each.file == error.file and _explains(each, error))
    return next(found, None)


def is_told(removed: Removed, error: ParseError, facts: Facts) -> bool:
    """Whether what is told of the error mends it too: one import, of what is used several times."""
    told = explanation(error, facts)
    if told is None or told == removed:
        return told is not None
    is_one = (told.file, told.fix) == (removed.file, removed.fix)
    return is_one and is_of_module(told, error) and is_of_module(removed, error)


def _explains(removed: Removed, error: ParseError) -> bool:
    """Where Python's own words end with its name, it is of what could not be imported, or stands in the very line."""
    name = removed.name.rpartition(".")[2]
    named = bool(name) and f"'{name}'" in error.last_line
    return named or removed.line == error.line or is_of_module(removed, error)


def is_of_module(removed: Removed, error: ParseError) -> bool:
    module = _not_imported(error)
    return bool(module) and f"{removed.name}.".startswith(f"{module}.")


def _not_imported(error: ParseError) -> str:
    """The whole name of what is not there; empty where the error is another one."""
    if found := _NO_MODULE.search(error.last_line):
        return whole_name(error, found["module"])
    found = _NO_NAME.search(error.last_line)
    return f"{found['package']}.{found['name']}" if found else ""


def whole_name(error: ParseError, module: str) -> str:
    """Python names the first package that is not there, the line what was to be imported."""
    asked = re.findall(rf"\b(?:from|import) +({re.escape(module)}[\w.]*)", error.text)
    return asked[-1] if asked else module


def moved(error: ParseError, module: str) -> str:
    """What to import in place of a module of Airflow 2."""
    return sentence(instead_of(whole_name(error, module)) or _ELSEWHERE)


def missing_module(error: ParseError) -> str:
    """The first package that is not there; empty where the error is another one."""
    found = _NO_MODULE.search(error.last_line)
    return found["module"] if found else ""


def sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
