"""What was looked at and is not as it should be, in one form for all who find it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from airstrip.redaction import Redaction, end_of


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at and is not as it should be: symptom, one cause, one fix.

    `about` names what it is about, for whoever puts findings of several hands together; it is not told.
    `origin` is what nobody foresaw, where that is all that the finding tells of.
    """

    code: str
    symptom: str
    cause: str
    fix: str
    evidence: str = ""
    about: str = field(default="", compare=False)
    origin: BaseException | None = field(default=None, repr=False, compare=False)

    def struck_out(self, strike: Redaction) -> Finding:
        """Without secrets in what is told of it, and in the traceback of its origin; of long evidence the end."""
        if self.origin:
            strike.strike_error(self.origin)
        return replace(
            self,
            symptom=strike(self.symptom),
            cause=strike(self.cause),
            fix=strike.values(self.fix),
            evidence=strike(end_of(self.evidence)),
        )

    def to_dict(self) -> dict[str, str]:
        return {
            "code": self.code,
            "symptom": self.symptom,
            "cause": self.cause,
            "fix": self.fix,
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class Explanation:
    """A code with its one text, for all who find or raise it; templates over the fields of what was seen."""

    code: str
    symptom: str
    cause: str
    fix: str

    def finding(self, fields: Mapping[str, str], evidence: str = "", about: str = "") -> Finding:
        symptom, cause, fix = (text.format_map(fields) for text in (self.symptom, self.cause, self.fix))
        return Finding(self.code, symptom, cause, fix, evidence, about)


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Without what was told before: the same code of the same thing."""
    told: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        told.setdefault((finding.code, finding.about or finding.symptom), finding)
    return list(told.values())
