"""One cause, as the chain asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airstrip.diagnose.match import Match
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.findings import Explanation

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

    @classmethod
    def of(cls, known: Explanation, matches: Matches) -> Reason:
        """What a rule of diagnosis says too, in the same words."""
        return cls(known.code, known.symptom, known.cause, known.fix, matches)

    @property
    def explanation(self) -> Explanation:
        return Explanation(self.code, self.symptom, self.cause, self.fix)


def found(evidence: str = "", subject: str = "", **fields: object) -> Match:
    """A match; a chain has at most one of each reason, so that only what rules find too needs their subject."""
    texts = {name: value if isinstance(value, str) else str(value) for name, value in fields.items()}
    return Match(subject, texts, evidence)
