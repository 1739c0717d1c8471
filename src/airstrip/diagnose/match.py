"""What a rule found: the fields for its texts, whom it is about, and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from airstrip.diagnose.facts import PodFact
from airstrip.redaction import CUT, Redaction

_EVIDENCE_LINES = 15
_BRIEF = 300
"""Characters: a few of a terminal's lines."""


class Composed(str):
    """Of a rule's own words and of names: a secret's value that happens to be one of them is told."""


class Brief(str):
    """To be told on one line and cut, once no secret is in it: the half of one would not be known as one."""


@dataclass(frozen=True)
class Match:
    """Matches of one rule with the same `subject` (replicas of a component) are one finding.

    `explains`: other subjects whose troubles follow from this one; later rules say nothing of them.
    """

    subject: str
    fields: Mapping[str, str]
    evidence: str = ""
    explains: Sequence[str] = ()

    def struck_out(self, strike: Redaction) -> Match:
        """Without secrets in what is told of it."""
        fields = {name: _field(text, strike) for name, text in self.fields.items()}
        return replace(self, fields=fields, evidence=_told(self.evidence, strike))


def _field(text: str, strike: Redaction) -> str:
    return strike.word(str(text)) if isinstance(text, Composed) else _told(text, strike.part)


def _told(text: str, strike: Callable[[str], str]) -> str:
    if not isinstance(text, Brief):
        return strike(text)
    line = " ".join(strike(text).split())
    return line if len(line) <= _BRIEF else f"{line[:_BRIEF]}{CUT}"


def subject_of(pod: PodFact) -> str:
    """The component, or whatever else the pod's siblings share."""
    return f"{pod.namespace}/{pod.component or pod.owner or pod.name}"


def lines(log: Sequence[str]) -> str:
    """The end of a log, short enough to be read beneath a finding."""
    return "\n".join(log[-_EVIDENCE_LINES:])


def sentence(text: str) -> str:
    """One sentence with its full stop, on one line."""
    short = " ".join(text.split())
    return short if short.endswith((".", "!", "?")) else f"{short}."
