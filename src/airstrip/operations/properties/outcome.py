"""What a property is, and what looking at it gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from airstrip.answers import PropertyName
from airstrip.findings import Finding
from airstrip.operations.properties.scene import Need, Scene
from airstrip.redaction import Redaction

State = Literal["proved", "failed", "not-applicable"]


@dataclass(frozen=True)
class Outcome:
    """`text` says what was seen, or why it does not apply; `finding` is there where the property failed.

    `limits` are what holds all the same, and somebody should know.
    """

    state: State
    text: str
    finding: Finding | None = None
    limits: Sequence[str] = ()

    def struck_out(self, strike: Redaction) -> Outcome:
        """Without secrets in what is told of it."""
        finding = self.finding and self.finding.struck_out(strike)
        return replace(self, text=strike(self.text), finding=finding, limits=[strike(each) for each in self.limits])


@dataclass(frozen=True)
class Property:
    """One thing that must hold. `needs` is what is started for it before anything is looked at."""

    name: PropertyName
    title: str
    prove: Callable[[Scene], Outcome]
    needs: Sequence[Need] = ()


def proved(text: str, *, limits: Sequence[str] = ()) -> Outcome:
    return Outcome("proved", text, limits=limits)


def not_applicable(reason: str, *, limits: Sequence[str] = ()) -> Outcome:
    return Outcome("not-applicable", reason, limits=limits)


def failed(name: PropertyName, symptom: str, cause: str, fix: str, evidence: str = "") -> Outcome:
    """`name` is the property's: the finding's code is `verify.NAME`."""
    return Outcome("failed", symptom, Finding(f"verify.{name}", symptom, cause, fix, evidence))
