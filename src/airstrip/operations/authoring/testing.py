"""pytest over the author's tests in Airflow's environment, or over checks of ours where there are none."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airstrip.answers import TestCaseData, TestData
from airstrip.errors import AirstripError, CommandError
from airstrip.events import Emit, LogLine
from airstrip.findings import Finding
from airstrip.operations.authoring.findings import duplicates, import_findings
from airstrip.operations.authoring.home import Home, ensure_database
from airstrip.operations.authoring.prepare import Place, migrated_database, prepared
from airstrip.operations.authoring.program import PROGRAMS, run_program
from airstrip.operations.authoring.variables import database_url
from airstrip.result import Result
from airstrip.spec import Spec
from airstrip_pods.conventions import DATA_URL_VARIABLE

_CHECKS = PROGRAMS / "airstrip_dev" / "default_checks.py"
_PLUGINS = ("-p", "airstrip_pods.testing", "-p", "airstrip_dev.testing")
# What stands in for scheduler and API server says a page for each task.
_QUIET = (
    "airflow.api_fastapi=WARNING airflow.dag_processing=WARNING airflow.models=WARNING "
    "airflow.sdk.definitions.dag=ERROR airflow.serialization=WARNING airstrip_pods=WARNING"
)
_NOT_THE_AUTHORS = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})
# pytest's own: tests failed, interrupted, internal error, usage, no tests.
_FAILED, _INTERRUPTED, _USAGE, _NO_TESTS = 1, 2, 4, 5


def run_tests(
    spec: Spec,
    arguments: Sequence[str],
    emit: Emit,
    *,
    env: Path | None = None,
    dags: Path | None = None,
    color: bool = False,
) -> Result[TestData]:
    """Exit code 3 when a test failed. Raises AirstripError where pytest could not run."""
    began = time.monotonic()
    with prepared(spec, emit, env, dags) as place:
        return _run_tests(spec, place, arguments, emit, began, color=color)


def _run_tests(
    spec: Spec, place: Place, arguments: Sequence[str], emit: Emit, began: float, *, color: bool
) -> Result[TestData]:
    folder = Path.cwd() if spec.file is None else spec.file.parent
    is_default = not arguments and not any(_tests(folder))
    with TemporaryDirectory(prefix="airstrip-test-") as scratch:
        home = replace(place.home, folder=Path(scratch))
        ensure_database(home, migrated_database(spec.airflow.version, place.environment, emit))
        home.data.mkdir()
        report = Path(scratch, "report")
        asked = _own_checks(Path(scratch)) if is_default else list(arguments)
        workshop = replace(place.workshop, variables=_variables(place, home, report))
        code = _pytest(replace(place, workshop=workshop), asked, folder, emit, color=color)
        notes = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    # So it ends, too, where test files could not be read.
    was_cut_off = code == _INTERRUPTED and not any(note.get("outcome") == "error" for note in notes)
    if code not in (0, _FAILED, _INTERRUPTED, _NO_TESTS) or was_cut_off:
        raise _not_run(code)
    return _result(notes, place, code, began, is_default=is_default)


def _variables(place: Place, home: Home, report: Path) -> dict[str, str | None]:
    """What tests leave goes with them; a place of data that the author names is the author's."""
    usual = place.workshop.variables
    data = usual[DATA_URL_VARIABLE]
    return {
        **usual,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url(home.database),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.folder / "logs"),
        "AIRFLOW__LOGGING__JSON_LOGS": "False",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": _QUIET,
        DATA_URL_VARIABLE: home.data_url if data == place.home.data_url else data,
        "AIRSTRIP_TEST_DAGS": str(place.workshop.dags),
        "AIRSTRIP_TEST_REPORT": str(report),
        "PYTEST_XDIST_WORKER": None,
    }


def _own_checks(scratch: Path) -> list[str]:
    """Where no configuration of pytest is, neither the author's nor our own."""
    (scratch / "pytest.ini").write_text("[pytest]\n")
    checks = shutil.copyfile(_CHECKS, scratch / "test_dags.py")
    return [f"--rootdir={scratch}", "-c", str(scratch / "pytest.ini"), str(checks)]


def _tests(folder: Path) -> Iterator[Path]:
    """Files that pytest takes for tests by their names."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_THE_AUTHORS]
        yield from (Path(root, name) for name in files if _is_test(name))


def _is_test(name: str) -> bool:
    return name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py"))


def _pytest(place: Place, arguments: Sequence[str], folder: Path, emit: Emit, *, color: bool) -> int | None:
    """Its exit code; None where it has none."""
    cache = f"cache_dir={place.home.folder / 'pytest'}"
    tint = "yes" if color else "no"
    options = ["-m", "pytest", *_PLUGINS, "-o", cache, f"--color={tint}"]
    try:
        run_program(
            place.workshop,
            [*options, *arguments],
            {"projects": place.for_programs},
            lambda _: None,
            lambda line: emit(LogLine("", line)),
            cwd=folder,
        )
    except CommandError as error:
        return error.returned
    return 0


def _not_run(code: int | None) -> AirstripError:
    return AirstripError(
        "test.not-run",
        "pytest did not run the tests",
        cause="Its arguments or its configuration are not right." if code == _USAGE else "It was cut off.",
        fix="See pytest's own words above; ./airstrip test -- --help prints its options.",
    )


def _result(
    notes: Sequence[Mapping[str, Any]], place: Place, code: int | None, began: float, *, is_default: bool
) -> Result[TestData]:
    cases: list[TestCaseData] = [
        {"test": each["test"], "outcome": each["outcome"], "seconds": each["seconds"], "message": each["message"]}
        for each in notes
        if each["event"] == "test"
    ]
    data: TestData = {
        "folder": str(place.workshop.dags),
        "default": is_default,
        "counts": dict(Counter(case["outcome"] for case in cases)),
        "tests": cases,
        "seconds": round(time.monotonic() - began, 2),
    }
    found = [each for note in notes if note["event"] == "bag" for each in _bag_findings(note, place.workshop.dags)]
    if code == _NO_TESTS:
        found.append(Finding("test.no-tests", "pytest found no tests", "", "Correct the arguments of airstrip test."))
    elif code and not found:
        found = [_finding(case) for case in cases if case["outcome"] in ("failed", "error")]
    return Result("test", data, found, 3 if code else 0)


def _bag_findings(note: Mapping[str, Any], folder: Path) -> list[Finding]:
    return [*import_findings(note["errors"], folder), *duplicates(note["twice"], folder)]


def _finding(case: TestCaseData) -> Finding:
    symptom = f"{case['test']} {'failed' if case['outcome'] == 'failed' else 'could not be run'}"
    fix = f"Run it alone: ./airstrip test {case['test'].partition('[')[0]}"
    return Finding("test.failed", symptom, case["message"], fix)
