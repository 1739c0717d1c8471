"""What is wrong with the deployment, for the end of a verb that failed: adds to the failure and replaces nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from airstrip.diagnose import UNSEEN_CODES
from airstrip.errors import AirstripError, CheckError, LockError, SpecError, UsageError
from airstrip.events import Emit, Warned, step
from airstrip.findings import Finding
from airstrip.operations.examination import look
from airstrip.operations.session import Session
from airstrip.redaction import without_credentials

_NOT_ITS_FAULT = (UsageError, SpecError, LockError, CheckError)
"""The deployment may be well, and another Airstrip at work on it."""

_MISTYPED = frozenset({"airflow.dag-not-found"})


def find_causes(session: Session, emit: Emit) -> list[Finding]:
    """What `doctor` finds; ends within 8 s and raises nothing. What could not be looked at is not why."""
    try:
        seen = look(session)
        strike = seen.redaction()
        findings = seen.findings(strike)
        warn_of_unread(strike.unread(), emit)
        return [finding for finding in findings if finding.code not in UNSEEN_CODES]
    except Exception as error:
        return [unforeseen(error)]


def warn_of_unread(sentence: str, emit: Emit) -> None:
    """Of texts that nobody looked through for secrets, where there are some."""
    if sentence:
        emit(Warned("failure.struck-out", sentence, "See all that is found: ./airstrip doctor"))


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

    `own` are codes of what the verb itself brings about when it fails.
    """
    try:
        yield
    except AirstripError as error:
        if not _is_not_its_fault(error) and _has_cluster(session):
            with searching(emit):
                error.findings = [finding for finding in find_causes(session, emit) if finding.code not in own]
        raise


def _is_not_its_fault(error: AirstripError) -> bool:
    return isinstance(error, _NOT_ITS_FAULT) or error.code in _MISTYPED


def _has_cluster(session: Session) -> bool:
    try:
        return session.target.describe() is not None
    except Exception:
        # Whatever is wrong here, the verb's own error is what is told.
        return False
