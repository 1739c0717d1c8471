"""Says what is wrong with a deployment, however little of it works: facts, then findings."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from airstrip.answers import CheckData, CodeData, CodeEntry, DoctorData
from airstrip.diagnose import RULES, Facts, diagnose, unread
from airstrip.errors import UsageError
from airstrip.operations.examination import look
from airstrip.operations.facts_file import read_facts, write_facts
from airstrip.operations.session import Session
from airstrip.result import Result


def doctor(session: Session, facts_file: Path | None = None) -> Result[DoctorData]:
    """Findings, what to mend first first; exit code 3 where there are any. Ends within 15 s.

    `facts_file` keeps what was seen, without the secrets that are known.
    """
    facts = look(session)
    if facts_file:
        write_facts(facts_file, facts)
    return _explained(facts, facts_file)


def explain_facts(file: Path) -> Result[DoctorData]:
    """What facts say that `doctor` saved, here or elsewhere; looks at nothing else."""
    return _explained(read_facts(file), None)


def explain_code(code: str) -> Result[CodeData]:
    """What a code of an error or a finding means. Raises UsageError for one that there is not."""
    known: dict[str, list[CodeEntry]] = json.loads(resources.files("airstrip").joinpath("codes.json").read_text())
    if code not in known:
        near = [name for name in known if name.partition(".")[2] == code or name.startswith(f"{code}.")]
        raise UsageError(
            "usage.unknown-code",
            f"there is no code {code}",
            cause=f"Did you mean {' or '.join(near[:6])}?" if near else "",
            fix="All codes are in docs/errors.md; without a code, ./airstrip doctor looks at the deployment.",
        )
    return Result("doctor", {"code": code, "entries": known[code]})


def _explained(facts: Facts, facts_file: Path | None) -> Result[DoctorData]:
    findings = diagnose(facts)
    found = {finding.code for finding in findings}
    data: DoctorData = {
        "name": facts.deployment.name if facts.deployment else "",
        "collected": facts.collected,
        "checked": _checked(facts),
        "fine": [rule.code for rule in RULES if rule.code not in found],
    }
    if warning := unread(facts):
        data["warning"] = warning
    if facts_file:
        data["facts"] = str(facts_file)
    return Result("doctor", data, findings, exit_code=3 if findings else 0)


def _checked(facts: Facts) -> list[CheckData]:
    return [
        {"name": probe.name, "state": probe.state, "detail": probe.detail, "seconds": probe.seconds}
        for probe in facts.probes
    ]
