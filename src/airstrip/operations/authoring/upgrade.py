"""What of the DAG files the next Airflow will not take: ruff's rules for Airflow, and Airflow's own warnings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airstrip.answers import DeprecationData, UpgradeData
from airstrip.dags import (
    PROGRAM,
    Facts,
    ParsedDag,
    ParsedDags,
    ParsedFile,
    Reference,
    Removed,
    find_defects,
    find_outdated,
)
from airstrip.errors import CommandError
from airstrip.events import Emit, step
from airstrip.findings import Finding
from airstrip.operations.authoring.findings import import_findings
from airstrip.operations.authoring.prepare import Place, prepared
from airstrip.operations.authoring.program import crashed, run_program
from airstrip.result import Result
from airstrip.spec import Spec

_SENTENCE = re.compile(r"(?<=[.;]) +(?=[A-Z])")
_SYMBOL = re.compile(r"`([\w.]+)`")
_REMOVED = "dags.removed"
_FIRST_LINE = 1
"""Of what stands nowhere that can be named."""
_NO_FIX = "Write it without; the release notes of Airflow say what there is instead."


def upgrade_check(spec: Spec, emit: Emit, env: Path | None = None, dags: Path | None = None) -> Result[UpgradeData]:
    """Exit code 3 when there is something to change."""
    with prepared(spec, emit, env, dags) as place, step(emit, "test.upgrade", "Read DAG files for the next Airflow"):
        folder = place.workshop.dags
        ruled = by_rule(find_outdated(folder))
        reports = _import(place)
    said = read_warnings((each for each in reports if each["event"] == "deprecated"), folder)
    found = merge([*ruled, *in_templates(each for each in reports if each["event"] == "templates")], said)
    errors: Mapping[str, str] = next(each["errors"] for each in reports if each["event"] == "parsed")
    findings = [_finding(each) for each in found] + import_findings(errors, folder)
    data: UpgradeData = {"folder": str(folder), "airflow": spec.airflow.version, "deprecations": found}
    return Result("test --upgrade-check", data, findings, 3 if findings else 0)


def _import(place: Place) -> list[Mapping[str, Any]]:
    """The last report is of its end."""
    reports: list[Mapping[str, Any]] = []
    wanted = {"folder": str(place.workshop.dags), "program": str(PROGRAM)}
    details = ""
    try:
        run_program(place.workshop, ["-m", "airstrip_dev.deprecations"], wanted, reports.append, lambda _: None)
    except CommandError as error:
        details = error.details
    if not any(each["event"] == "parsed" for each in reports):
        raise crashed("read the DAG files", details)
    return reports


def by_rule(found: Iterable[Removed]) -> list[DeprecationData]:
    """What ruff's rules name."""
    return [
        {"rule": each.rule, "file": each.file, "line": each.line, "message": each.what, "fix": each.fix or _NO_FIX}
        for each in found
    ]


def in_templates(reports: Iterable[Mapping[str, Any]]) -> list[DeprecationData]:
    """What Airflow 3 took out of templates, in the words of `dags check`."""
    found = find_defects(Facts(ParsedDags(tuple(map(_parsed, reports)))))
    return [
        {
            "rule": defect.code,
            "file": defect.file,
            "line": defect.line or _FIRST_LINE,
            "message": defect.message,
            "fix": defect.fix,
        }
        for defect in found
        if defect.code == _REMOVED
    ]


def _parsed(report: Mapping[str, Any]) -> ParsedFile:
    names = tuple(Reference(**name) for name in report["names"])
    return ParsedFile(report["file"], dags=(ParsedDag(report["dag"], report["line"], names=names),))


def read_warnings(reports: Iterable[Mapping[str, Any]], folder: Path) -> list[DeprecationData]:
    """Airflow's own: the last sentence of most says what to do."""
    found: list[DeprecationData] = []
    for each in reports:
        first, *more = _SENTENCE.split(str(each["message"]).strip())
        found.append(
            {
                "rule": str(each["rule"]),
                "file": _relative(each["file"], folder),
                "line": int(each["line"]),
                "message": first,
                "fix": " ".join(more) or "See the release notes of Airflow and of the provider.",
            }
        )
    return found


def merge(ruled: Sequence[DeprecationData], said: Sequence[DeprecationData]) -> list[DeprecationData]:
    """In the order of places; a warning is left out where a rule names the same thing in the same file."""
    kept = [each for each in said if not any(_is_same(each, other) for other in ruled)]
    return sorted([*ruled, *kept], key=lambda each: (each["file"], each["line"], each["rule"]))


def _is_same(warning: DeprecationData, rule: DeprecationData) -> bool:
    symbols = set(_SYMBOL.findall(warning["message"])) & set(_SYMBOL.findall(rule["message"]))
    return warning["file"] == rule["file"] and bool(symbols)


def _relative(file: str, folder: Path) -> str:
    path = Path(file)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file


def _finding(each: DeprecationData) -> Finding:
    place = f"{each['file']}:{each['line']}"
    return Finding("dags.deprecated", f"{place} {each['message']}", f"Rule {each['rule']}.", each["fix"])
