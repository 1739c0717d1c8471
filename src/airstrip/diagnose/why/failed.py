"""What reasons of a task that failed share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.airflow_api import AuditEntry
from airstrip.diagnose.match import Match
from airstrip.diagnose.why.facts import WhyFacts, command, label
from airstrip.diagnose.why.reason import Matches


def of_failed(matches: Callable[[WhyFacts, dict[str, str]], Iterator[Match]]) -> Matches:
    """Of a task whose last try failed; with its name and its logs' command line."""

    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.task and facts.has_failed:
            named = {"task": label(facts.task), "logs": command("logs", facts.task), "dag": facts.dag.dag_id}
            yield from matches(facts, named)

    return narrowed


def noted(facts: WhyFacts, event: str) -> Iterator[AuditEntry]:
    """By the scheduler in the audit log, the newest first."""
    return (entry for entry in reversed(facts.audit) if entry.event == event)
