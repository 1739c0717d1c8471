"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.findings import Explanation

Matches = Callable[[Facts], Iterator[Match]]


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields; `matches` is pure.

    `explained_by`: codes of other rules; where one of those matches anything, this one says nothing new.
    """

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Matches
    explained_by: frozenset[str] = frozenset()

    @classmethod
    def of(cls, known: Explanation, matches: Matches, explained_by: frozenset[str] = frozenset()) -> Rule:
        """With a text that others use too."""
        return cls(known.code, known.symptom, known.cause, known.fix, matches, explained_by)

    @property
    def explanation(self) -> Explanation:
        return Explanation(self.code, self.symptom, self.cause, self.fix)
