"""Proves by doing: runs real tasks, tries what must not be possible, and takes away what it made."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from airstrip.answers import PropertyData, PropertyName, VerifyData
from airstrip.errors import AirstripError, UsageError
from airstrip.events import Emit, Notice, Warned, step
from airstrip.findings import Finding
from airstrip.kube import Lease
from airstrip.operations.causes import Causes, ending_with_causes, look_for_causes, warn_of_unread
from airstrip.operations.properties import PROPERTIES, GitWrite, Outcome, Property, Scene, clean, find_git_write
from airstrip.operations.properties.tasks import secrets_backend
from airstrip.operations.session import Session
from airstrip.redaction import without_credentials
from airstrip.result import Result

_DELIVERY: PropertyName = "dags"
_STORED: PropertyName = "secrets"
STAYS = "rows of Airflow's audit log, and log files of the tasks"
"""What verify cannot take away again."""
_STRIKING_SECONDS = 1.0
"""For striking secrets out of what is told."""


def verify(
    session: Session,
    emit: Emit,
    *,
    only: Sequence[str] = (),
    timeout: float,
    git_write: str | None = None,
    held: Mapping[str, str] | None = None,
) -> Result[VerifyData]:
    """Exit code 3 when a property fails. `only` names some of them; `timeout` (seconds) bounds the runs.

    `git_write` is a branch, `[BUNDLE:]BRANCH`, which two commits may be pushed to; `held` the names of a `variable`
    and a `connection` that the secrets backend holds. With findings of what is wrong in the deployment, where any
    property fails. Raises UsageError for a name that is none, LockError while another
    Airstrip is at work, AirstripError where nothing runs or the cluster fails.
    """
    chosen = _chosen(only)
    write = _write(session, chosen, git_write)
    _check_held(session, chosen, held or {})
    begun = time.monotonic()
    # Before anything else: what is stopped has no cluster to ask either.
    _ = session.platform
    with (
        ending_with_causes(session, emit),
        Lease(session.cluster, session.spec.namespaces.control, purpose="verify"),
    ):
        scene = Scene(session, begun + timeout, git_write=write, held=held or {})
        _announce(scene, emit)
        rows, findings = _prove(scene, chosen, emit)
        left = _clean_up(scene, emit)
    findings += [_left(left)] if left else []
    data: VerifyData = {
        "name": session.spec.name,
        "properties": rows,
        "left": left,
        "stays": _stays(scene),
        "seconds": round(time.monotonic() - begun, 1),
    }
    if write:
        data["pushed"] = scene.pushed
    return Result("verify", data, findings, 3 if findings else 0)


def _write(session: Session, chosen: Sequence[Property], named: str | None) -> GitWrite | None:
    if named is None:
        return None
    if not any(item.name == _DELIVERY for item in chosen):
        message = f"--git-write {named} is for the property {_DELIVERY}, which is not among those of --only"
        raise UsageError("usage.wrong-command-line", message, fix=f"Add --only {_DELIVERY}, or leave --git-write away.")
    return find_git_write(session.spec, named)


def _check_held(session: Session, chosen: Sequence[Property], held: Mapping[str, str]) -> None:
    if not held:
        return
    options = " ".join(f"--backend-{kind}" for kind in held)
    if not any(item.name == _STORED for item in chosen):
        message = f"{options} is for the property {_STORED}, which is not among those of --only"
        raise UsageError("usage.wrong-command-line", message, fix=f"Add --only {_STORED}, or leave {options} away.")
    if not secrets_backend(session.spec):
        raise UsageError(
            "usage.wrong-command-line",
            f"{options} names what a secrets backend holds, and the file has none",
            fix=f"Name it under airflow.config.secrets in the file, or leave {options} away.",
        )


def _announce(scene: Scene, emit: Emit) -> None:
    """Before it is done: it stays in somebody's history."""
    if write := scene.git_write:
        where = f"{write.branch} of {write.bundle.repo}"
        emit(Notice(f"Two commits are pushed to {where}: {scene.name}.py comes, and goes. The commits stay."))


def _stays(scene: Scene) -> str:
    if scene.pushed is None:
        return STAYS
    pushed = scene.pushed
    if pushed["removed"] is None:
        return (
            f"{STAYS}, the commit {pushed['added'][:10]} in {pushed['branch']}, and perhaps its file {pushed['path']}"
        )
    commits = f"{pushed['added'][:10]} and {pushed['removed'][:10]}"
    return f"{STAYS}, and the commits {commits} in the history of {pushed['branch']}"


def _tell_pushed(scene: Scene, emit: Emit) -> None:
    """Of a verify that ends without an answer: what is in somebody's history is told all the same."""
    if scene.pushed is None:
        return
    if scene.pushed["removed"] is None:
        where = f"{scene.pushed['branch']} of {scene.pushed['repo']}"
        fix = f"Look, and take it away: git rm {scene.pushed['path']}"
        emit(Warned("verify.git-left", f"{scene.pushed['path']} was pushed to {where}, and may still be there", fix))
    emit(Notice(f"What stays: {_stays(scene)}"))


def _chosen(only: Sequence[str]) -> list[Property]:
    names = [item.name for item in PROPERTIES]
    for name in only:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise UsageError(
                "usage.unknown-property",
                f"there is no property {name}",
                cause=f"Did you mean {near[0]}?" if near else "",
                fix=f"One of: {', '.join(names)}",
            )
    return [item for item in PROPERTIES if not only or item.name in only]


def _prove(scene: Scene, chosen: Sequence[Property], emit: Emit) -> tuple[list[PropertyData], list[Finding]]:
    """What was made is taken away whatever ends it."""
    looked: list[tuple[Property, Outcome, float]] = []
    causes: Causes | None = None
    try:
        with step(emit, "verify.start", "Start what looks") as progress:
            scene.say = progress.say
            _start(scene, chosen)
        for item in chosen:
            with step(emit, f"verify.{item.name}", f"Prove that {item.title}") as progress:
                scene.say = progress.say
                outcome = _look(item, scene)
                progress.note = outcome.state
            if outcome.finding:
                # While it can be seen: what failed may be mended by itself until the end.
                causes = causes or look_for_causes(scene.session, emit)
            looked.append((item, outcome, progress.elapsed))
        return _told(looked, causes, emit)
    except BaseException:
        _tell_pushed(scene, emit)
        with suppress(AirstripError):
            _clean(scene, emit)
        raise


def _told(
    looked: Sequence[tuple[Property, Outcome, float]], causes: Causes | None, emit: Emit
) -> tuple[list[PropertyData], list[Finding]]:
    """Where any failed, without the secrets that are struck out of its causes: outcomes quote logs and errors."""
    if causes and causes.seen:
        strike = causes.seen.redaction(seconds=_STRIKING_SECONDS)
        looked = [(item, outcome.struck_out(strike), seconds) for item, outcome, seconds in looked]
        warn_of_unread(strike.unread(), emit, own=True)
    others = causes.findings if causes else []
    rows = [_row(item, outcome, seconds, others) for item, outcome, seconds in looked]
    own = {(each.code, each.symptom): each for _, outcome, _ in looked if (each := outcome.finding)}
    return rows, [*others, *own.values()]


def _start(scene: Scene, chosen: Sequence[Property]) -> None:
    scene.say("asking Airflow")
    scene.meet_airflow()
    # A verify that was cut off may have left something, which this one would take for its own.
    clean(scene.session, in_airflow=not scene.is_down)
    scene.start({need for item in chosen for need in item.needs})


def _clean_up(scene: Scene, emit: Emit) -> list[str]:
    """Ctrl-C begins it anew, once: else the half of it would stay."""
    try:
        return _clean(scene, emit)
    except KeyboardInterrupt:
        with suppress(AirstripError):
            _clean(scene, emit)
        raise


def _clean(scene: Scene, emit: Emit) -> list[str]:
    with step(emit, "verify.clean", "Take away what was made"):
        own = scene.name if scene.has_made else ""
        left = clean(scene.session, in_airflow=scene.has_made or not scene.is_down, own=own)
    for what in left:
        emit(Warned("verify.left", f"left behind: {what}"))
    return left


def _look(item: Property, scene: Scene) -> Outcome:
    """A property that cannot be looked at has failed: what is not seen is not proved."""
    try:
        return item.prove(scene)
    except AirstripError as error:
        scene.notice(error)
        finding = Finding(error.code, error.message, error.cause, error.fix, error.details)
        return Outcome("failed", error.message, finding)
    except Exception as error:
        # What a deployment's own XCom backend or log format answers is not foreseen; the others are looked at.
        said = f"{item.name} could not be looked at: {type(error).__name__}: {without_credentials(str(error))}"
        fix = "See whether the deployment's own settings change what Airflow answers; if not, report this."
        finding = Finding("verify.unforeseen", said, "An answer has another shape.", fix, origin=error)
        return Outcome("failed", said, finding)


def _row(item: Property, outcome: Outcome, seconds: float, causes: Sequence[Finding]) -> PropertyData:
    codes = [finding.code for finding in (*causes, outcome.finding) if finding] if outcome.finding else []
    return {
        "property": item.name,
        "title": item.title,
        "state": outcome.state,
        "text": outcome.text,
        "limits": list(outcome.limits),
        "findings": list(dict.fromkeys(codes)),
        "seconds": round(seconds, 1),
    }


def _left(left: Sequence[str]) -> Finding:
    return Finding(
        "verify.left",
        f"{len(left)} things that were made for the proof could not be taken away",
        "Airflow or the cluster did not answer at the end.",
        "Run it again: ./airstrip verify   (it takes away what an earlier one left)",
        "\n".join(left),
    )
