"""What a verb answers: data, findings and an exit code. `to_document` is the `--json` contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from airstrip.errors import AirstripError

API_VERSION = "airstrip/v1"

Data = TypeVar("Data", bound=Mapping[str, Any], covariant=True)


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


@dataclass(frozen=True)
class Result(Generic[Data]):
    """The answer of a verb that ran.

    `exit_code` is 0, or 3 when the verb ran and the answer is bad; `data` holds JSON values only, whose
    keys airstrip.answers has for each verb.
    """

    verb: str
    data: Data
    findings: Sequence[Finding] = ()
    exit_code: int = 0

    def to_document(self) -> dict[str, Any]:
        return _document(self.verb, self.exit_code, dict(self.data), list(self.findings), [])


AnyResult = Result[Mapping[str, Any]]
"""Of whichever verb."""


def error_document(verb: str, error: AirstripError) -> dict[str, Any]:
    """The `--json` document of a verb that raised."""
    return _document(verb, error.exit_code, {}, list(error.findings), error.to_dicts())


def _document(
    verb: str, exit_code: int, data: dict[str, Any], findings: list[Finding], errors: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "verb": verb,
        "ok": exit_code == 0,
        "exitCode": exit_code,
        "data": data,
        "findings": [finding.to_dict() for finding in findings],
        "errors": errors,
    }
