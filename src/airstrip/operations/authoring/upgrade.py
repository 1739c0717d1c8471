"""What of the DAG files the next Airflow will not take: ruff's rules for Airflow, and Airflow's own warnings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airstrip.answers import DeprecationData, UpgradeData
from airstrip.errors import AirstripError
from airstrip.events import Emit, step
from airstrip.findings import Finding
from airstrip.operations.authoring.findings import import_findings
from airstrip.operations.authoring.prepare import Place, prepare
from airstrip.operations.authoring.program import run_program
from airstrip.process import Command, run
from airstrip.result import Result
from airstrip.spec import Spec

_RULES = "AIR3"
_SENTENCE = re.compile(r"(?<=[.;]) +(?=[A-Z])")
_SYMBOL = re.compile(r"`([\w.]+)`")
_NO_FIX = "Remove it; the rule's page says what there is instead."


def upgrade_check(spec: Spec, emit: Emit, env: Path | None = None) -> Result[UpgradeData]:
    """Exit code 3 when there is something to change."""
    place = prepare(spec, emit, env)
    folder = place.workshop.dags
    with step(emit, "test.upgrade", "Read DAG files for the next Airflow"):
        by_rule = read_ruff(_ask_ruff(place), folder)
        reports = _import(place)
    said = read_warnings((each for each in reports if each["event"] == "deprecated"), folder)
    found = merge(by_rule, said)
    errors: Mapping[str, str] = next((each["errors"] for each in reports if each["event"] == "parsed"), {})
    findings = [_finding(each) for each in found] + import_findings(errors, folder)
    data: UpgradeData = {"folder": str(folder), "airflow": spec.airflow.version, "deprecations": found}
    return Result("test", data, findings, 3 if findings else 0)


def _ask_ruff(place: Place) -> str:
    ruff = place.environment.folder / "bin" / "ruff"
    options = ("--isolated", "--no-cache", "--exit-zero", "--preview", "--select", _RULES, "--output-format", "json")
    return run(Command((str(ruff), "check", *options, str(place.workshop.dags)), env=place.workshop.variables)).stdout


def _import(place: Place) -> list[Mapping[str, Any]]:
    reports: list[Mapping[str, Any]] = []
    wanted = {"folder": str(place.workshop.dags)}
    run_program(place.workshop, ["-m", "airstrip_dev.deprecations"], wanted, reports.append, lambda _: None)
    return reports


def read_ruff(output: str, folder: Path) -> list[DeprecationData]:
    """ruff's JSON."""
    try:
        entries = json.loads(output)
    except ValueError as error:
        raise AirstripError(
            "test.ruff-failed", "ruff did not answer", fix="Run it with --debug and report it.", details=output[:2000]
        ) from error
    return [
        {
            "rule": str(each["code"] or "syntax-error"),
            "file": _relative(each["filename"], folder),
            "line": int(each["location"]["row"]),
            "message": str(each["message"]),
            "fix": (each.get("fix") or {}).get("message") or f"{_NO_FIX} {each.get('url') or ''}".strip(),
        }
        for each in entries
    ]


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


def merge(by_rule: Sequence[DeprecationData], said: Sequence[DeprecationData]) -> list[DeprecationData]:
    """In the order of places; a warning is left out where a rule names the same thing in the same file."""
    kept = [each for each in said if not any(_is_same(each, other) for other in by_rule)]
    return sorted([*by_rule, *kept], key=lambda each: (each["file"], each["line"], each["rule"]))


def _is_same(warning: DeprecationData, rule: DeprecationData) -> bool:
    symbols = set(_SYMBOL.findall(warning["message"])) & set(_SYMBOL.findall(rule["message"]))
    return warning["file"] == rule["file"] and bool(symbols)


def _relative(file: str, folder: Path) -> str:
    path = Path(file)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file


def _finding(each: DeprecationData) -> Finding:
    place = f"{each['file']}:{each['line']}"
    return Finding("dags.deprecated", f"{place} {each['message']}", f"Rule {each['rule']}.", each["fix"])
