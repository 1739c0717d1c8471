"""One cause, as the chain asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airstrip.diagnose.match import Match
from airstrip.diagnose.why.facts import WhyFacts

Matches = Callable[[WhyFacts], Iterator[Match]]


@dataclass(frozen=True)
class Reason:
    """`symptom`, `cause` and `fix` are templates over the match's fields.

    Of a `group`, only the first is told: the others say the same in a wider way, or follow from it. A last resort
    is asked where nothing else was found.
    """

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Matches
    is_last_resort: bool = False
    group: str = ""


def found(evidence: str = "", **fields: object) -> Match:
    """A match; a chain has at most one of each reason, so it needs no subject."""
    return Match("", {name: str(value) for name, value in fields.items()}, evidence)
