"""What a rule found: the fields for its texts, whom it is about, and what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from airstrip.diagnose.facts import PodFact
from airstrip.redaction import Redaction

_EVIDENCE_LINES = 15


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
        fields = {name: strike.part(text) for name, text in self.fields.items()}
        return replace(self, fields=fields, evidence=strike(self.evidence))


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
