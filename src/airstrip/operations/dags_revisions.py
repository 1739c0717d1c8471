"""Revisions of pushed DAG files: which there were, and back to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.answers import RevisionData, RevisionsData, RollbackData
from airstrip.dags import VolumeState
from airstrip.errors import AirstripError, UsageError
from airstrip.events import Emit, step
from airstrip.kube import Lease
from airstrip.operations.dags_facts import landed_processor
from airstrip.operations.dags_seen import await_revision
from airstrip.operations.history import now, whoever
from airstrip.operations.pushed_dags import ROLLBACK, find_revision, opened, path_back, require_pushed, switch
from airstrip.operations.session import Session
from airstrip.result import Result


def dags_history(session: Session, emit: Emit) -> Result[RevisionsData]:
    """What was live when, oldest first."""
    require_pushed(session.spec, "history")
    _ = session.platform
    with opened(session, emit, writes=False) as volume:
        state = volume.state()
    rows = [_row(line, state, last=line is state.history[-1]) for line in state.history]
    return Result("dags history", {"name": session.spec.name, "live": state.live, "revisions": rows})


def rollback_dags(session: Session, named: str | None, emit: Emit, *, message: str = "") -> Result[RollbackData]:
    """To the revision that was live before, or to the one that is named by the beginning of its name."""
    require_pushed(session.spec, ROLLBACK)
    _ = session.platform
    landed_processor(session)
    with (
        Lease(session.cluster, session.spec.namespaces.control, purpose="dags rollback") as lease,
        opened(session, emit, writes=True) as volume,
    ):
        state = volume.state()
        revision = find_revision(state, named) if named else _before(state)
        if changed := revision != state.live:
            lease.check()
            with step(emit, "dags.rollback", "Switch the live revision") as progress:
                switch(session, volume, revision, _record(state, revision, message))
                progress.note = revision[:12]
    seen = await_revision(session.airflow, revision, emit) if changed else None
    data: RollbackData = {
        "name": session.spec.name,
        "revision": revision,
        "before": state.live,
        "changed": changed,
        "seenSeconds": seen,
    }
    return Result("dags rollback", data)


def _before(state: VolumeState) -> str:
    if state.live is None:
        raise UsageError(
            "dags.nothing-pushed",
            "there is no revision: nothing was pushed yet",
            cause="The volume of DAGs is new.",
            fix="Push a folder: ./airstrip dags push",
        )
    earlier = [each for each in path_back(state.history)[:-1] if each in state.kept]
    if not earlier:
        raise AirstripError(
            "dags.no-earlier",
            f"there is no revision before {state.live[:12]} to go back to",
            cause="It was the first, or what was live before is not kept any more.",
            fix="See which there are: ./airstrip dags history; name one: ./airstrip dags rollback REV",
        )
    return earlier[-1]


def _record(state: VolumeState, revision: str, message: str) -> dict[str, Any]:
    """What the revision is, as its push said it; who went back to it, and when."""
    pushed: Mapping[str, Any] = next((line for line in reversed(state.history) if line["revision"] == revision), {})
    kept = {key: pushed.get(key) for key in ("commit", "dirty", "files", "bytes")}
    return {**kept, "at": now(), "by": whoever(), "how": ROLLBACK, "message": message}


def _row(line: Mapping[str, Any], state: VolumeState, *, last: bool) -> RevisionData:
    return {
        "number": line["number"],
        "revision": line["revision"],
        "at": line["at"],
        "by": line["by"],
        "how": line["how"],
        "message": line["message"],
        "commit": line["commit"],
        "dirty": bool(line["dirty"]),
        "files": line["files"],
        "bytes": line["bytes"],
        "live": last,
        "kept": line["revision"] in state.kept,
    }
