"""The commands that fixes of errors and findings give, out of their prose: as the source writes them, and as told."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.why import explain
from scripts.error_codes import find_entries
from tests.unit.diagnose.airflow_cases import AIRFLOW_CASES
from tests.unit.diagnose.cluster_cases import CLUSTER_CASES
from tests.unit.diagnose.place_cases import PLACE_CASES
from tests.unit.diagnose.why.reason_cases import CASES as REASON_CASES

UNKNOWN = "x"
_FIELD = re.compile(r"'?(\{[^{}]*\}|…)'?")
"""What is known only when it happens: one word, but for those below."""
_SEVERAL = {"{again}": "", "{restart}": "", "{edited}": UNKNOWN, "{fix}": "", "{instead}": "", "{text}": ""}
"""Fields that are a command, or an end of a sentence, of their own: the cases tell them."""
_END = re.compile(r"[;,.:)]+$")


@functools.cache
def fixes() -> tuple[str, ...]:
    """Each once: of the source, with a word for each field, and of all cases that the tests of the rules have."""
    written = {_filled(entry.fix) for entry in find_entries() if entry.fix}
    cases = [case[0] for case in (*PLACE_CASES.values(), *CLUSTER_CASES.values(), *AIRFLOW_CASES.values())]
    told = {finding.fix for facts in cases for each in (facts, _of_somebody(facts)) for finding in diagnose(each)}
    told |= {finding.fix for _, facts, _ in REASON_CASES for finding in explain(facts)}
    return tuple(sorted(written | told))


def _of_somebody(facts: Facts) -> Facts:
    """As if no pod and no Job were Airstrip's."""
    pods = [replace(pod, component="") for pod in facts.pods]
    return replace(facts, pods=pods, jobs=[replace(job, component="") for job in facts.jobs])


def commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """(fix, words) of each call of the program: up to where its sentence goes on, as far as that shows."""
    for fix in fixes():
        for found in re.finditer(rf"(?:(?<=^)|(?<=[\s`(])){re.escape(program)} ", fix):
            words = _words(fix[found.end() :])
            if words:
                yield fix, words


def _filled(fix: str) -> str:
    return _FIELD.sub(lambda field: _SEVERAL.get(field[1], UNKNOWN), fix)


def _words(text: str) -> list[str]:
    """Up to two blanks, a bracket, a backtick, another command, or a word that ends a sentence."""
    text = re.split(r"   | \(|`| && | \| ", text)[0]
    words: list[str] = []
    for word in _split(text):
        bare = _END.sub("", word)
        words += [bare] if bare else []
        if bare != word:
            break
    return words


def _split(text: str) -> list[str]:
    """Prose may have a single apostrophe."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
