"""The page of diagnosis's rules, in their order: made from the rules themselves."""

from __future__ import annotations

import re

from airstrip.diagnose import RULES
from scripts.markdown import code, table

_HEAD = """\
# What doctor looks for

<!-- Made by scripts/docs from the source. Do not edit. -->

In the order in which findings are told: a cause before what it brings about. A word in italics stands for what is seen.
`./airstrip doctor CODE` explains one. See also [troubleshooting](troubleshooting.md) and [all codes](errors.md).
"""
_FIELD = re.compile(r"{(\w+)}")


def rules_page() -> str:
    rows = ((code(rule.code), *map(_words, (rule.symptom, rule.cause, rule.fix))) for rule in RULES)
    return "\n".join([_HEAD, *table(("Code", "Symptom", "Cause", "Fix"), rows), ""])


def _words(template: str) -> str:
    return _FIELD.sub(r"*\1*", template).replace("{{", "{").replace("}}", "}").replace("|", "\\|")
