"""What is wrong with the deployment, for the end of a verb that failed."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.diagnose import NOT_SEEN, diagnose
from airstrip.errors import WaitTimeout
from airstrip.operations.examination import look
from airstrip.operations.session import Session
from airstrip.result import Finding


def causes(session: Session) -> list[Finding]:
    """What `doctor` finds, for the end of a verb that failed: what could not be looked at is not why."""
    return [finding for finding in diagnose(look(session)) if finding.code != NOT_SEEN]


def explained(error: WaitTimeout, findings: Sequence[Finding]) -> WaitTimeout:
    """The same error with the first finding's fix, and all of them beneath."""
    if findings:
        error.fix = f"{findings[0].fix} {error.fix}"
        error.details = "\n".join(f"{finding.symptom}  [{finding.code}]" for finding in findings)
    return error
