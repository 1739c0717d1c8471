"""Says what is wrong with a deployment, however little of it works: facts, then findings."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from airstrip.answers import CheckData, CodeData, CodeEntry, DoctorData
from airstrip.diagnose import RULES, Facts, diagnose, unread
from airstrip.errors import UsageError
from airstrip.findings import Finding
from airstrip.operations.examination import look
from airstrip.operations.facts_file import read_facts, write_facts
from airstrip.operations.session import Session
from airstrip.redaction import Redaction
from airstrip.result import Result


def doctor(session: Session, facts_file: Path | None = None) -> Result[DoctorData]:
    """Findings, what to mend first first; exit code 3 where there are any. Ends within 15 s.

    `facts_file` keeps what was seen, without the secrets that are known.
    """
    seen = look(session)
    strike = seen.redaction()
    explained = _explained(seen.facts, seen.findings(strike), strike)
    if facts_file:
        unkept = write_facts(facts_file, seen)
        explained.data["facts"] = str(facts_file)
        _warn(explained.data, unkept)
    return explained


def explain_facts(file: Path) -> Result[DoctorData]:
    """What facts say that `doctor` saved, here or elsewhere; looks at nothing else."""
    facts, strike = read_facts(file), Redaction()
    return _explained(facts, diagnose(facts, strike=strike), strike)


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


def _explained(facts: Facts, findings: list[Finding], strike: Redaction) -> Result[DoctorData]:
    found = {finding.code for finding in findings}
    data: DoctorData = {
        "name": facts.deployment.name if facts.deployment else "",
        "collected": facts.collected,
        "checked": _checked(facts, strike),
        "fine": [rule.code for rule in RULES if rule.code not in found],
    }
    _warn(data, unread(facts, strike))
    _warn(data, strike.unread())
    return Result("doctor", data, findings, exit_code=3 if findings else 0)


def _warn(data: DoctorData, sentence: str) -> None:
    if said := " ".join(filter(None, (data.get("warning"), sentence))):
        data["warning"] = said


def _checked(facts: Facts, strike: Redaction) -> list[CheckData]:
    return [
        {"name": probe.name, "state": probe.state, "detail": strike.part(probe.detail), "seconds": probe.seconds}
        for probe in facts.probes
    ]
