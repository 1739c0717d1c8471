"""All rules, and what they find in the facts."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.dags.defects import Defect, Match, Rule
from airstrip.dags.facts import Facts
from airstrip.dags.file_rules import FILE_RULES
from airstrip.dags.name_rules import NAME_RULES

RULES: tuple[Rule, ...] = (*FILE_RULES, *NAME_RULES)
_LEVELS = ("broken", "missing", "warning")


def find_defects(facts: Facts, rules: Sequence[Rule] = RULES) -> list[Defect]:
    """What Airflow refuses first, then what will fail, then warnings; each by file and line. One for each subject."""
    found: dict[tuple[str, ...], Defect] = {}
    for rule in rules:
        for match in rule.matches(facts):
            found.setdefault(match.subject, _defect(rule, match))
    return sorted(found.values(), key=lambda each: (_LEVELS.index(each.level), each.file, each.line or 0, each.code))


def _defect(rule: Rule, match: Match) -> Defect:
    return Defect(
        level=rule.level,
        code=rule.code,
        file=match.file,
        line=match.line,
        message=rule.symptom.format_map(match.fields),
        cause=rule.cause.format_map(match.fields),
        fix=rule.fix.format_map(match.fields),
        evidence=match.evidence,
        dag=match.dag,
        task=match.task,
    )
