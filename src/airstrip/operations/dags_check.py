"""Checks DAG files, of a folder or of git, in the deployment's own image, before Airflow has them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from airstrip.answers import DagsCheckData, DefectData
from airstrip.dags import Defect, Facts, find_defects
from airstrip.errors import UsageError
from airstrip.events import Emit, step
from airstrip.operations.dags_facts import collect, landed_processor
from airstrip.operations.dags_git import fetched
from airstrip.operations.dags_still import still
from airstrip.operations.git_checks import landed_checks
from airstrip.operations.session import Session
from airstrip.result import Result

_BUILT_IN = "airstrip"


def check_dags(session: Session, path: Path | None, emit: Emit) -> Result[DagsCheckData]:
    """Every defect, those that Airflow refuses first. Exit code 3 for one that is more than a warning.

    `path` is another folder than the file's; without one, DAGs of git are what their servers have now. Raises
    UsageError for one that is none, AirstripError where nothing runs, or nobody gets in.
    """
    from_git = path is None and bool(session.spec.dags.git)
    folder = None if from_git else _folder(session, path)
    begun = time.monotonic()
    # Before anything else: what is stopped has no cluster to ask either.
    _ = session.platform
    processor = landed_processor(session)
    with step(emit, "dags.check", f"Check {folder or 'DAG files of git'}") as progress, ExitStack() as stack:
        bundles: Sequence[str] = ("main",)
        checked = str(folder)
        if folder is None:
            found = stack.enter_context(fetched(session, landed_checks(session), progress.say))
            folder, bundles, checked = found.folder, tuple(found.commits), str(found)
        else:
            # An editor's file that vanishes while it is read is no defect of ours.
            folder = stack.enter_context(still(folder))
        facts = collect(session, processor, folder, lambda: session.airflow, emit, progress.say, bundles)
        files, dags = counts(facts)
        progress.note = note_of(facts)
    defects = find_defects(facts)
    data: DagsCheckData = {
        "name": session.spec.name,
        "path": checked,
        "airflow": facts.parsed.airflow,
        "files": files,
        "dags": dags,
        "defects": [to_dict(defect) for defect in defects],
        "seconds": round(time.monotonic() - begun, 1),
    }
    bad = any(defect.level != "warning" for defect in defects)
    return Result("dags check", data, [defect.to_finding() for defect in defects], 3 if bad else 0)


def _folder(session: Session, path: Path | None) -> Path:
    folder = (path or session.spec.dags.folder or Path()).absolute()
    if path is None and session.spec.dags.folder is None:
        raise UsageError(
            "dags.no-path",
            "there is no folder of DAGs to check",
            cause="The file names no folder of this machine, and no other was named.",
            fix="Name one: ./airstrip dags check FOLDER",
        )
    if not folder.is_dir():
        raise UsageError(
            "dags.no-folder",
            f"{folder} is not a folder",
            cause="It does not exist." if not folder.exists() else "It is a file.",
            fix="Name the folder that Airflow is to read: ./airstrip dags check FOLDER",
        )
    return folder


def counts(facts: Facts) -> tuple[int, int]:
    """How many files and DAGs the user has."""
    files = [file for file in facts.parsed.files if file.bundle != _BUILT_IN]
    return len(files), sum(len(file.dags) for file in files)


def note_of(facts: Facts) -> str:
    files, dags = counts(facts)
    return f"{dags} DAG{'s' if dags != 1 else ''} in {files} file{'s' if files != 1 else ''}"


def to_dict(defect: Defect) -> DefectData:
    return {
        "level": defect.level,
        "code": defect.code,
        "file": defect.file,
        "line": defect.line,
        "dag": defect.dag,
        "task": defect.task,
        "message": defect.message,
        "cause": defect.cause,
        "fix": defect.fix,
        "evidence": defect.evidence,
    }
