"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.findings import Explanation

Matches = Callable[[Facts], Iterator[Match]]


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields; `matches` is pure.

    `explained_by`: codes of other rules; where one of those matches anything, this one says nothing new. With `of`,
    where it matches that component of the control plane.
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


def of(components: Collection[str], codes: Collection[str]) -> frozenset[str]:
    """These codes where they are about one of these components: whoever else has the trouble explains nothing."""
    return frozenset(code_of(code, component) for code in codes for component in components)


def code_of(code: str, component: str) -> str:
    return f"{code} of {component}"
