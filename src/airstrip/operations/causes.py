"""What is wrong with the deployment, for the end of a verb that failed: adds to the failure and replaces nothing."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from airstrip.diagnose import UNSEEN_CODES, Look
from airstrip.errors import AirstripError, CheckError, LockError, SpecError, UsageError
from airstrip.events import Emit, Warned, step
from airstrip.findings import Finding
from airstrip.operations.examination import look
from airstrip.operations.session import Session
from airstrip.redaction import without_credentials

_NOT_ITS_FAULT = (UsageError, SpecError, LockError, CheckError)
"""The deployment may be well, and another Airstrip at work on it."""

_MISTYPED = frozenset({"airflow.dag-not-found"})


@dataclass(frozen=True)
class Causes:
    """What `doctor` finds, and what was looked at for it: None where that failed, and no secret is known."""

    findings: list[Finding]
    seen: Look | None = None


def look_for_causes(session: Session, emit: Emit) -> Causes:
    """Ends within 8 s and raises nothing. What could not be looked at is not why."""
    seen = None
    try:
        looked = look(session)
        strike = looked.redaction()
        seen = looked
        findings = seen.findings(strike)
        warn_of_unread(strike.unread(), emit)
        return Causes([finding for finding in findings if finding.code not in UNSEEN_CODES], seen)
    except Exception as error:
        return Causes([unforeseen(error)], seen)


def find_causes(session: Session, emit: Emit) -> list[Finding]:
    """As `look_for_causes`, where nothing else is told."""
    return look_for_causes(session, emit).findings


def warn_of_unread(sentence: str, emit: Emit, *, own: bool = False) -> None:
    """Of texts that nobody looked through for secrets, where there are some: the verb's `own`, or what is found."""
    if sentence:
        fix = (
            "Run the same command again, or read what it quotes where that was written: ./airstrip logs COMPONENT"
            if own
            else "See all that is found: ./airstrip doctor"
        )
        emit(Warned("failure.struck-out", sentence, fix))


def unforeseen(error: Exception) -> Finding:
    """A defect of ours that was met while the cause was looked for: the verb's own answer goes before it."""
    return Finding(
        "internal.unexpected",
        f"{type(error).__name__}: {without_credentials(str(error))}",
        "What is wrong could not be looked for: this is a defect in Airstrip.",
        "Run the same command with --debug and report what it prints.",
        origin=error,
    )


@contextmanager
def searching(emit: Emit) -> Iterator[None]:
    """A search for the cause, as a step. Ctrl-C ends it, and nothing else: what it is about has ended already."""
    with suppress(KeyboardInterrupt), step(emit, "failure.cause", "Look for the cause"):
        yield


@contextmanager
def ending_with_causes(session: Session, emit: Emit, *, own: Collection[str] = ()) -> Iterator[None]:
    """What fails in here ends with what `doctor` finds, where there is a cluster to look at.

    The error itself quotes logs and events: secrets that the look came to know are struck out of it too, however
    long that takes, as nothing else tells what it says.
    `own` are codes of what the verb itself brings about when it fails.
    """
    try:
        yield
    except AirstripError as error:
        if not _is_not_its_fault(error) and _has_cluster(session):
            with searching(emit):
                causes = look_for_causes(session, emit)
                error.findings = [finding for finding in causes.findings if finding.code not in own]
                if causes.seen:
                    strike = causes.seen.redaction(seconds=math.inf)
                    error.strike_out(strike)
                    warn_of_unread(strike.unread(), emit, own=True)
        raise


def _is_not_its_fault(error: AirstripError) -> bool:
    return isinstance(error, _NOT_ITS_FAULT) or error.code in _MISTYPED


def _has_cluster(session: Session) -> bool:
    try:
        return session.target.describe() is not None
    except Exception:
        # Whatever is wrong here, the verb's own error is what is told.
        return False
