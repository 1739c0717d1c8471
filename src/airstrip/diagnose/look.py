"""What was seen of a deployment: rules find what is wrong in it, and what is told and kept has no secrets."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from airstrip.diagnose import document
from airstrip.diagnose.diagnosis import diagnose
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.secret_values import SecretValues
from airstrip.findings import Finding
from airstrip.redaction import Redaction

STRIKING_SECONDS = 1.5
"""Of the limit, for striking secrets out of what is told."""
KEEPING_SECONDS = 4.0
"""On top of it, for striking them out of all that was seen, where that is to be kept."""


@dataclass(frozen=True)
class Look:
    """What was seen. `facts` are as they were seen, for rules: secrets may stand in them, nobody tells or keeps them.

    What is told and what is kept is without secrets, as far as their form or the cluster's Secrets tell them.
    """

    facts: Facts = field(repr=False)
    secrets: SecretValues = field(repr=False)

    def redaction(self, more: object = (), *, seconds: float = STRIKING_SECONDS) -> Redaction:
        """For what is told of it, and of what `more` was seen: after so many seconds from now it has no time left."""
        end = time.monotonic() + seconds
        words = document.words((self.facts, more))
        return self.secrets.redaction(self.facts, words, until=lambda: time.monotonic() > end)

    def findings(self, strike: Redaction, *, about: Collection[str] | None = None) -> list[Finding]:
        """What rules find in it, of these components alone or of everything, as `strike` lets it be told."""
        return diagnose(self.facts if about is None else self.facts.about(about), strike=strike)

    def kept(self) -> tuple[Facts, Redaction]:
        """For a file, with what struck the secrets out of it: rules find the same in it."""
        strike = self.redaction(seconds=KEEPING_SECONDS)
        return document.with_texts(self.facts, strike), strike
