"""What is wrong with a DAG file, and what a rule is that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from airstrip.dags.facts import Facts
from airstrip.findings import Finding

Level = Literal["broken", "missing", "warning"]
"""Airflow refuses it; it fails when it runs; it may, or could not be judged."""


@dataclass(frozen=True)
class Match:
    """One thing that a rule found; `fields` are for its templates. A subject has one defect, that of the first rule."""

    subject: tuple[str, ...]
    file: str
    line: int | None
    fields: Mapping[str, str]
    evidence: str = ""
    dag: str = ""
    task: str = ""


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields; `matches` is pure."""

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Callable[[Facts], Iterator[Match]]
    level: Level = "broken"


@dataclass(frozen=True)
class Defect:
    """`file` is relative to the folder of DAGs; `line` counts from 1, None where it is not known."""

    level: Level
    code: str
    file: str
    line: int | None
    message: str
    cause: str
    fix: str
    evidence: str = ""
    dag: str = ""
    task: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def to_finding(self) -> Finding:
        return Finding(self.code, f"{self.place}: {self.message}", self.cause, self.fix, self.evidence)
