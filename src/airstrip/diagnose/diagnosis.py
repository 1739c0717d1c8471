"""Facts to findings: every rule is asked, causes go before what they bring about."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rules import RULES, Rule
from airstrip.result import Finding


def diagnose(facts: Facts, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Findings, the most causal first; one for each rule and component, however many replicas it has."""
    findings = []
    for rule in rules:
        by_subject = {match.subject: match for match in rule.matches(facts)}
        findings += [_finding(rule, match) for match in by_subject.values()]
    return findings


def _finding(rule: Rule, match: Match) -> Finding:
    return Finding(
        rule.code,
        rule.symptom.format_map(match.fields),
        rule.cause.format_map(match.fields),
        rule.fix.format_map(match.fields),
        match.evidence,
    )
