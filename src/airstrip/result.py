"""What a verb answers: data, findings and an exit code. `to_document` is the `--json` contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from airstrip.errors import AirstripError
from airstrip.findings import Finding

API_VERSION = "airstrip/v1"

Data = TypeVar("Data", bound=Mapping[str, Any], covariant=True)


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
