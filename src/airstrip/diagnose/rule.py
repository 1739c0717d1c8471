"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.findings import Explanation

CONTROL, OF_TASKS = "the control namespace", "a namespace of tasks"
"""Whatever their names are."""
Matches = Callable[[Facts], Iterator[Match]]


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields; `matches` is pure.

    `explained_by`: codes of other rules; where one of those matches anything, this one says nothing new. With `of`,
    where it matches that component of the control plane, or tasks' pods; with `in_control`, the control namespace.
    `explained_within`: codes of rules; where one matches a namespace, this one says nothing new of what is in it.
    """

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Matches
    explained_by: frozenset[str] = frozenset()
    explained_within: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        known: Explanation,
        matches: Matches,
        explained_by: frozenset[str] = frozenset(),
        explained_within: frozenset[str] = frozenset(),
    ) -> Rule:
        """With a text that others use too."""
        return cls(known.code, known.symptom, known.cause, known.fix, matches, explained_by, explained_within)

    @property
    def explanation(self) -> Explanation:
        return Explanation(self.code, self.symptom, self.cause, self.fix)


def of(components: Collection[str], codes: Collection[str]) -> frozenset[str]:
    """These codes where they are about one of these components: whoever else has the trouble explains nothing."""
    return frozenset(code_of(code, component) for code in codes for component in components)


def in_control(codes: Collection[str]) -> frozenset[str]:
    """These codes where they are about the namespace that all components are in."""
    return frozenset(code_in(code, CONTROL) for code in codes)


def code_of(code: str, component: str) -> str:
    return f"{code} of {component}"


def code_in(code: str, namespace: str) -> str:
    return f"{code} in {namespace}"
