"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match


@dataclass(frozen=True)
class Rule:
    """`symptom`, `cause` and `fix` are templates over the match's fields; `matches` is pure.

    `explained_by`: codes of other rules; where one of those matches anything, this one says nothing new.
    """

    code: str
    symptom: str
    cause: str
    fix: str
    matches: Callable[[Facts], Iterator[Match]]
    explained_by: frozenset[str] = frozenset()
