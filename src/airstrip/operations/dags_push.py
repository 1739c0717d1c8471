"""Sends a folder of DAG files into the deployment's volume, and makes it live from one moment to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airstrip.answers import PushData
from airstrip.dags import Volume, VolumeState, entries, find_defects, holds_dags, revision_by, revision_of
from airstrip.errors import AirflowError, CheckError
from airstrip.events import Emit, step
from airstrip.findings import Finding
from airstrip.kube import Lease
from airstrip.operations.dags_check import note_of
from airstrip.operations.dags_facts import collect, landed_processor
from airstrip.operations.dags_gate import described
from airstrip.operations.dags_seen import await_revision, defined_dags
from airstrip.operations.dags_still import still
from airstrip.operations.git_tree import tree_of
from airstrip.operations.history import now, whoever
from airstrip.operations.pushed_dags import (
    PUSH,
    folder_to_send,
    opened,
    path_back,
    require_pushed,
    switch,
)
from airstrip.operations.session import Session
from airstrip.result import Result


def push_dags(
    session: Session, path: Path | None, emit: Emit, *, message: str = "", force: bool = False
) -> Result[PushData]:
    """Raises CheckError where a file is broken, unless `force` is. What is live already is not sent again.

    `path` is another folder than the file's. What is missing, or may go wrong, are findings.
    """
    begun = time.monotonic()
    require_pushed(session.spec, PUSH)
    folder = folder_to_send(session.spec, path)
    # Before anything else: what is stopped has no cluster to ask either.
    _ = session.platform
    landed_processor(session)
    findings: list[Finding] = []
    wanted: frozenset[str] | None = None
    gone: list[str] = []
    with still(folder) as files:
        record = record_of(folder, files, PUSH, message)
        with (
            Lease(session.cluster, session.spec.namespaces.control, purpose="dags push") as lease,
            opened(session, emit, writes=True) as volume,
        ):
            state = volume.state()
            if changed := not _is_live(volume, state, record["revision"]):
                if not force:
                    findings, wanted = _checked(session, files, folder, emit)
                lease.check()
                gone = deliver(session, volume, state, files, record, emit)
        seen = await_seen(session, record["revision"], files, emit, wanted) if changed else None
    data: PushData = {
        "name": session.spec.name,
        "folder": str(folder),
        "revision": record["revision"],
        "before": state.live,
        "changed": changed,
        "files": record["files"],
        "bytes": record["bytes"],
        "commit": record["commit"],
        "dirty": record["dirty"],
        "pruned": gone,
        "seenSeconds": seen,
        "seconds": round(time.monotonic() - begun, 1),
    }
    return Result("dags push", data, findings)


def _is_live(volume: Volume, state: VolumeState, revision: str) -> bool:
    """And as it was sent: somebody, or the disk, may have changed it since."""
    return state.live == revision and revision_by(volume.fingerprints(revision)) == revision


def await_seen(
    session: Session,
    revision: str,
    files: Path,
    emit: Emit,
    wanted: frozenset[str] | None,
    *,
    timeout: float = math.inf,
) -> float | None:
    """Nothing where there is nothing to see."""
    if not (holds_dags(files) if wanted is None else wanted):
        return None
    return await_revision(session.airflow, revision, emit, wanted, timeout=timeout)


def record_of(folder: Path, files: Path, how: str, message: str) -> dict[str, Any]:
    """What the history says of it, and its revision."""
    sizes = [path.lstat().st_size for path in entries(files)]
    tree = tree_of(folder)
    return {
        "revision": revision_of(files),
        "at": now(),
        "by": whoever(),
        "how": how,
        "message": message,
        "commit": tree.commit if tree else None,
        "dirty": tree.dirty if tree else False,
        "files": len(sizes),
        "bytes": sum(sizes),
    }


def _checked(session: Session, files: Path, folder: Path, emit: Emit) -> tuple[list[Finding], frozenset[str]]:
    """What is not broken and yet wrong, and the DAGs of the files. Raises CheckError for what Airflow would refuse."""
    with step(emit, "dags.check", f"Check {folder}") as progress:
        facts = collect(session, landed_processor(session), files, lambda: session.airflow, emit, progress.say)
        progress.note = note_of(facts)
    defects = find_defects(facts)
    broken = [defect for defect in defects if defect.level == "broken"]
    if broken:
        count = len({defect.file for defect in broken})
        raise CheckError(
            "dags.broken",
            f"{count} DAG file{'s are' if count != 1 else ' is'} broken, and nothing was pushed",
            cause="Airflow would refuse what stands below. What was live still is.",
            fix="Mend the files and push again; ./airstrip dags push --force pushes them as they are.",
            details=described(broken),
        )
    return [defect.to_finding() for defect in defects], defined_dags(facts)


def deliver(
    session: Session, volume: Volume, state: VolumeState, files: Path, record: Mapping[str, Any], emit: Emit
) -> list[str]:
    """Takes old revisions away, for whose room a full volume waits, sends and switches; returns what went."""
    revision = record["revision"]
    with step(emit, "dags.push", "Push DAG files") as progress:
        # Of an Airflow that is not there yet nothing is asked.
        used = _in_use(session) if state.kept else frozenset()
        gone = [] if used is None else volume.prune({*_to_keep(session, state, revision), *used})
        volume.send(revision, files)
        switch(session, volume, revision, record)
        progress.note = f"{record['files']} files, revision {revision[:12]}"
        return gone


def _to_keep(session: Session, state: VolumeState, revision: str) -> list[str]:
    """The last ones that were live, those first that a rollback comes to."""
    last = dict.fromkeys([revision, *reversed(path_back(state.history))])
    others = dict.fromkeys(str(line["revision"]) for line in reversed(state.history))
    return [each for each in {**last, **others} if each == revision or each in state.kept][: session.spec.dags.keep]


def _in_use(session: Session) -> frozenset[str] | None:
    """By runs that have not ended: they go on with the files that they began with. None where nobody says."""
    try:
        return session.airflow.scheduling.versions_in_use()
    except AirflowError:
        return None
