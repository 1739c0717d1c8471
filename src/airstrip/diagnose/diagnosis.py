"""Facts to findings: every rule is asked, causes go before what they bring about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from airstrip.diagnose.described import TASK
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import CONTROL, OF_TASKS, Rule, code_in, code_of
from airstrip.diagnose.rules import RULES
from airstrip.findings import Finding
from airstrip.redaction import Redaction


def diagnose(facts: Facts, rules: Sequence[Rule] = RULES, *, strike: Redaction | None = None) -> list[Finding]:
    """Findings, what to mend first first.

    One for each subject, that of the first rule that names it: later rules tell what follows. A component
    is one subject, however many replicas it has. Rules see `facts` as they are; of what they tell, `strike` takes
    the secrets out, without it those that have the form of one.
    """
    strike = strike or Redaction()
    with strike.of_errors():
        return [_finding(rule, match.struck_out(strike)) for rule, match in _matches(facts, rules)]


def _matches(facts: Facts, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Match]]:
    explained: set[str] = set()
    codes: set[str] = set()
    for rule in rules:
        if rule.explained_by & codes:
            continue
        by_subject = _by_subject(
            match
            for match in rule.matches(facts)
            if match.subject not in explained and not _is_within(rule, match, codes)
        )
        explained |= by_subject.keys()
        explained |= {subject for match in by_subject.values() for subject in match.explains}
        codes |= set(_codes(facts, rule.code, by_subject))
        yield from ((rule, match) for match in by_subject.values())


def _finding(rule: Rule, match: Match) -> Finding:
    return rule.explanation.finding(match.fields, match.evidence, match.subject)


def _is_within(rule: Rule, match: Match, codes: Collection[str]) -> bool:
    """Whether its namespace's own trouble has been told."""
    return any(code_in(code, match.fields.get("namespace", "")) in codes for code in rule.explained_within)


def _codes(facts: Facts, code: str, by_subject: Mapping[str, Match]) -> Iterator[str]:
    """The rule's own, which namespace it is about, and whose it is of the control plane's or of tasks' pods."""
    here = facts.deployment
    for subject, match in by_subject.items():
        yield code
        if about := match.fields.get("namespace", ""):
            yield code_in(code, about)
            if here is None or about == here.control:
                yield code_in(code, CONTROL)
            if here is None or about in here.of_tasks:
                yield code_in(code, OF_TASKS)
        for each in (subject, *match.explains):
            namespace, _, name = each.partition("/")
            if here is None or namespace == here.control or (namespace in here.of_tasks and name == TASK):
                yield code_of(code, name)


def _by_subject(matches: Iterable[Match]) -> dict[str, Match]:
    """Of replicas the last is told; what any of them explains stays explained."""
    found: dict[str, Match] = {}
    for match in matches:
        before = found.get(match.subject)
        explains = [*before.explains, *match.explains] if before else match.explains
        found[match.subject] = replace(match, explains=explains)
    return found
