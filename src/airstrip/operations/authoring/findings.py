"""What went wrong, in the words of findings: each with its place in the author's files, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from airstrip.answers import DevTaskData
from airstrip.dags import Defect, Facts, ParsedDags, ParsedFile, Removed, find_defects, find_removed
from airstrip.dags.facts import ErrorKind, ParseError
from airstrip.errors import CommandError
from airstrip.findings import Finding
from airstrip.operations.authoring.course import Course, task_name
from airstrip.providers import PROVIDER, provider_package

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_NO_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '([\w.]+)'")
_SHARED = ("dags.cycle", "dags.parse-timeout", "dags.removed")


def import_findings(errors: Mapping[str, str], folder: Path) -> list[Finding]:
    """Of `{file: what Airflow says}`, a file's path being relative to the folder."""
    explained = _explained(errors, folder) if errors else {}
    return [
        explained[file].to_finding() if file in explained else _import_finding(file, text.strip(), folder)
        for file, text in sorted(errors.items())
    ]


def _explained(errors: Mapping[str, str], folder: Path) -> dict[str, Defect]:
    """What `dags check` says in the same words, of whatever does not ask for a cluster to be mended."""
    files = tuple(ParsedFile(file, errors=(_parse_error(file, text, folder),)) for file, text in errors.items())
    removed: Sequence[Removed] = ()
    # Without it an error is told in Python's own words.
    with suppress(CommandError):
        removed = find_removed(folder)
    found = find_defects(Facts(ParsedDags(files), removed=tuple(removed)))
    return {defect.file: defect for defect in found if defect.level == "broken" and defect.code in _SHARED}


def _parse_error(file: str, text: str, folder: Path) -> ParseError:
    kind: ErrorKind = "import"
    if text.strip().rpartition("\n")[2].startswith("AirflowDagCycleException"):
        kind = "cycle"
    elif "AirflowTaskTimeout" in text:
        kind = "timeout"
    place, _, line = _place(file, text, folder).rpartition(":")
    return ParseError(file, kind, text, int(line) if place == file else None)


def _import_finding(file: str, text: str, folder: Path) -> Finding:
    place = _place(file, text, folder)
    reason = text.rpartition("\n")[2]
    if missing := _NO_MODULE.search(text):
        return _missing(place, missing[1])
    return Finding(
        "dags.import-error", f"{place} cannot be imported", reason, f"Mend {place}, then run the same command again."
    )


def _missing(place: str, module: str) -> Finding:
    """Of ours: neither the image nor this environment has it."""
    symptom = f"{place} imports {module}, which the image does not have"
    if module.startswith(PROVIDER):
        extra = provider_package(module).removeprefix("apache-airflow-providers-")
        fix = f"Write it under airflow.extras: `extras: [{extra}]`, then run the same command again."
        return Finding("dags.missing-provider", symptom, "The provider that brings it is not installed.", fix)
    fix = (
        f"Write the package that brings it under image.requirements: `requirements: [{module.split('.')[0]}]`, "
        "then run the same command again. A module of your own belongs into the folder of DAGs."
    )
    return Finding("dags.missing-package", symptom, "", fix)


def _place(file: str, text: str, folder: Path) -> str:
    """The last line of a file of the author's that the trace goes through."""
    frames = [(Path(name), line) for name, line in _FRAME.findall(text)]
    own = [(name.relative_to(folder), line) for name, line in frames if name.is_relative_to(folder)]
    return f"{own[-1][0]}:{own[-1][1]}" if own else file


def run_findings(dag: str, course: Course, rows: Sequence[DevTaskData], folder: Path) -> list[Finding]:
    """Of a run that came to its end: what could not run here first, then what failed by itself."""
    failed = [row for row in rows if row["state"] in ("failed", "up_for_retry")]
    pods = [row["task"] for row in failed if row["task"] in course.pods]
    found = [_needs_cluster(dag, list(dict.fromkeys(pods)))] if pods else []
    own = [row for row in failed if row["task"] not in course.pods]
    return [*found, *(_failed(dag, row, course.errors.get((row["task"], row["map"]), {}), folder) for row in own)]


def _needs_cluster(dag: str, tasks: list[str]) -> Finding:
    names = ", ".join(tasks)
    verb = "needs" if len(tasks) == 1 else "need"
    return Finding(
        "dev.needs-cluster",
        f"{names} {verb} Kubernetes, and failed: there is no cluster here",
        "Its operator makes pods. It counts as failed, not as done: what follows would work with results "
        "that nobody made.",
        f"Run the DAG in the cluster: ./airstrip run {dag}. To try what follows: ./airstrip dev {dag} "
        + " ".join(f"--mark-success {task}" for task in tasks),
    )


def _failed(dag: str, row: DevTaskData, error: Mapping[str, Any], folder: Path) -> Finding:
    name = task_name(row["task"], row["map"])
    tries = f" after {row['try']} tries" if row["try"] > 1 else ""
    words = ": ".join(filter(None, (str(error.get("type", "")), str(error.get("message", ""))))) or "See its log above."
    where, place = _where(error, folder)
    alone = f"./airstrip dev {dag} {row['task']}" + (f" --map {row['map']}" if row["map"] >= 0 else "")
    return Finding(
        "dev.task-failed",
        f"{name} failed{tries}{where}",
        words.partition("\n")[0],
        f"Mend {place}, then run this task alone: {alone}",
    )


def _where(error: Mapping[str, Any], folder: Path) -> tuple[str, str]:
    """Where a task failed, and what to mend. A file without a line is the DAG's, and what failed a template in it."""
    if not error.get("file"):
        return "", "it"
    file = _shown(error["file"], folder)
    if error["line"]:
        return f" at {file}:{error['line']}", f"{file}:{error['line']}"
    return f" in a template of {file}", f"its template in {file}"


def _shown(file: str, folder: Path) -> Path:
    path = Path(file)
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def duplicates(found: Iterable[Sequence[str]], folder: Path) -> list[Finding]:
    """Of `(DAG id, file)` that a file gives twice."""
    return [
        Finding(
            "dags.duplicate-id",
            f"{_shown(file, folder)} has two DAGs {dag}",
            "Airflow keeps the last one, and forgets the others.",
            "Give each a dag_id of its own.",
        )
        for dag, file in found
    ]
