"""All reasons in order, and facts to findings: what others follow from goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from airstrip.diagnose.why import dags, ends, limits, pods, refusals, runs, states, upstream
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.reason import Reason
from airstrip.findings import Finding
from airstrip.redaction import Redaction

REASONS: tuple[Reason, ...] = (
    *dags.REASONS,
    *runs.REASONS,
    *limits.REASONS,
    *states.REASONS,
    *(replace(reason, group="try") for reason in (*pods.NODE_REASONS, *refusals.REASONS, *pods.REASONS, *ends.REASONS)),
    *upstream.REASONS,
)
"""From the ground up: Airflow's processes, the DAG, its run, what limits a task, its state, its pod, how it ended."""


def explain(facts: WhyFacts, reasons: Sequence[Reason] = REASONS, *, strike: Redaction | None = None) -> list[Finding]:
    """The cause first, then what else holds; empty where nothing keeps it from running. `strike` as in `diagnose`."""
    strike = strike or Redaction()
    with strike.of_errors():
        certain = _first_of_groups([reason for reason in reasons if not reason.is_last_resort], facts, strike)
        return certain or _first_of_groups([reason for reason in reasons if reason.is_last_resort], facts, strike)[:1]


def _first_of_groups(reasons: Sequence[Reason], facts: WhyFacts, strike: Redaction) -> list[Finding]:
    findings: list[Finding] = []
    told: set[str] = set()
    for reason in reasons:
        if reason.group in told:
            continue
        found = _finding(reason, facts, strike)
        findings += found
        told |= {reason.group} if found and reason.group else set()
    return findings


def _finding(reason: Reason, facts: WhyFacts, strike: Redaction) -> list[Finding]:
    for match in reason.matches(facts):
        told = match.struck_out(strike)
        return [reason.explanation.finding(told.fields, told.evidence, told.subject)]
    return []
