"""The page of diagnosis's rules, in their order: made from the rules themselves."""

from __future__ import annotations

import re

from airstrip.diagnose import RULES
from airstrip.diagnose.rule import Rule
from scripts.error_codes import Entry, find_entries
from scripts.markdown import code, table
from scripts.rule_proofs import find_proofs

_HEAD = """\
# What doctor looks for

<!-- Made by scripts/docs from the source. Do not edit. -->

In the order in which findings are told: a cause before what it brings about. A word in italics stands for what is seen,
`…` for what an error says of it. `./airstrip doctor CODE` explains one. See also [troubleshooting](troubleshooting.md)
and [all codes](errors.md).

Under "Proved" stands the test of each: `cluster` causes it for real, on a landed Airflow, in `tests/cluster/faults`,
`tests/cluster/test_git_dags.py` or `tests/destroy`, and reads what is found; `slow` ones are run by
`scripts/test --all` only; `unit` has made-up facts in `tests/unit/diagnose`, as there are for every rule. Under "Then"
stands what the test has [verify](verify.md) prove once the fault is mended and `doctor` finds nothing. What was run is
in [what is proved](proof.md#what-is-wrong-doctor).
"""
_FIELD = re.compile(r"{(\w+)}")
_HEADS = ("Code", "Symptom", "Cause", "Fix", "Proved", "Then")


def rules_page() -> str:
    entries: dict[str, list[Entry]] = {}
    for entry in find_entries():
        entries.setdefault(entry.code, []).append(entry)
    proofs = find_proofs([rule.code for rule in RULES])
    rows = (
        (
            code(rule.code),
            *map(_words, texts_of(rule, entries.get(rule.code, []))),
            str(proofs.get(rule.code, "")),
            ", ".join(map(code, proofs[rule.code].properties)) if rule.code in proofs else "",
        )
        for rule in RULES
    )
    return "\n".join([_HEAD, *table(_HEADS, rows), ""])


def texts_of(rule: Rule, raised: list[Entry]) -> tuple[str, str, str]:
    """Symptom, cause and fix; of an error that is told as it was raised, those with which it is."""
    if (rule.symptom, rule.cause, rule.fix) != ("{message}", "{cause}", "{fix}"):
        return rule.symptom, rule.cause, rule.fix
    return (
        _either([entry.message for entry in raised]),
        _either([entry.cause for entry in raised]),
        _either([entry.fix for entry in raised]),
    )


def _either(texts: list[str]) -> str:
    return " Or: ".join(dict.fromkeys(filter(None, texts))) or "The message says it."


def _words(template: str) -> str:
    return _FIELD.sub(r"*\1*", template).replace("{{", "{").replace("}}", "}").replace("|", "\\|")
