"""Each message and line that rules and reasons see holds secrets, whole and where a text may be cut: none is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from airstrip.airflow_api import Dependency
from airstrip.diagnose import Facts, Look, Rule, SecretValues, diagnose, document
from airstrip.diagnose.airflow.facts import ImportErrorFact
from airstrip.diagnose.document import with_texts
from airstrip.diagnose.match import Brief, Composed, Match
from airstrip.diagnose.why import WhyFacts, explain
from airstrip.findings import Finding
from airstrip.kube import Cluster
from airstrip.redaction import Redaction
from tests.unit.diagnose.cluster_cases import FULL
from tests.unit.diagnose.making import HERE, event
from tests.unit.diagnose.telling import KEPT
from tests.unit.diagnose.test_quotas import no_room, refused_by_quotas
from tests.unit.diagnose.test_rules import CASES
from tests.unit.diagnose.why.making import RUN, TRACE, facts, noted, raised
from tests.unit.diagnose.why.reason_cases import CASES as REASON_CASES

IN_URL = "hunter2-hunter2-hunter2"
PLANTED = " ".join([KEPT, f"postgresql://ada:{IN_URL}@db"] * 12)
"""Longer than what is told of a text, so that each cut is within one of them."""


class _Planting:
    def __call__(self, text: str) -> str:
        return "\n".join(_planted(line) for line in text.split("\n"))

    def word(self, text: str) -> str:
        return text


def _planted(line: str) -> str:
    return line if not line or line == TRACE or line.startswith("  File") else f"{line} {PLANTED}"


def leaked(findings: Sequence[Finding]) -> list[str]:
    said = json.dumps([finding.to_dict() for finding in findings])
    return [part for part in (KEPT[:6], KEPT[-6:], "hunter2") if part in said]


@pytest.mark.parametrize("code", CASES)
def test_nothing_that_a_rule_tells_of_what_it_saw_keeps_a_secret(code: str) -> None:
    """Rules see facts as they are: here each message, line and detail of them holds what a Secret holds."""
    facts = with_texts(CASES[code][0], _Planting())
    findings = diagnose(facts, strike=Redaction([KEPT], words=document.words(facts)))
    assert [finding.code for finding in findings] == [finding.code for finding in diagnose(CASES[code][0])]
    assert leaked(findings) == []


@pytest.mark.parametrize(("code", "seen"), [case[:2] for case in REASON_CASES], ids=[case[0] for case in REASON_CASES])
def test_nothing_that_a_reason_tells_of_what_it_saw_keeps_a_secret_or_the_half_of_one(
    code: str, seen: WhyFacts
) -> None:
    # What Airflow calls these has several words, and is no message.
    holding = replace(
        with_texts(seen, _Planting()),
        dependencies=[replace(each, reason=_planted(each.reason)) for each in seen.dependencies],
        audit=[replace(each, text=_planted(each.text)) for each in seen.audit],
    )
    findings = explain(holding, strike=Redaction([KEPT], words=document.words(holding)))
    assert findings[0].code == code
    assert leaked(findings) == []


@pytest.mark.parametrize("before", range(270, 305))
def test_a_secret_where_a_text_is_cut_is_struck_out_before(before: int) -> None:
    """Of a refusal that the executor noted: `why` told the half of it as the cause and as its evidence."""
    value = "S3cr3tValueOfTheDatabaseThatIsLong42"
    said = f'pods "x" is forbidden: exceeded quota: small, {"x" * (before - 47)} {value}'
    (finding,) = explain(facts("failed", **noted("state mismatch", f"Message: {said}")), strike=Redaction([value]))
    assert finding.code == "namespace.quota"
    assert "S3cr3t" not in f"{finding.cause} {finding.evidence}"
    assert max(len(finding.cause), len(finding.evidence)) <= 301


def test_what_is_brief_is_told_on_one_line_and_cut_and_nothing_else_is() -> None:
    strike = Redaction(["swordfish"])
    told = Match("x", {"message": Brief(f"a\n{'b' * 400}"), "other": "a\nswordfish"}, Brief("c" * 301)).struck_out(
        strike
    )
    assert told.fields == {"message": f"a {'b' * 298}…", "other": "a\n***"}
    assert told.evidence == f"{'c' * 300}…"
    assert Match("x", {}, "d" * 400).struck_out(strike).evidence == "d" * 400


def _fixes(findings: Sequence[Finding]) -> dict[str, str]:
    return {finding.code: finding.fix for finding in findings}


def _own_words(fixes: Mapping[str, str], seen: Facts | WhyFacts) -> set[str]:
    """Those that were not seen: a provider's name is made of a module's."""
    words = {word.strip(".,:;()") for fix in fixes.values() for word in fix.replace(".", " ").split()}
    return {word for word in words if word not in str(seen) and "airflow-providers" not in word}


@pytest.mark.parametrize("code", CASES)
def test_a_rule_s_fix_is_told_though_a_secret_holds_a_word_of_it(code: str) -> None:
    """A value `components` made `under ***.scheduler in the file` of it."""
    seen = CASES[code][0]
    fixes, names = _fixes(diagnose(seen)), document.words(seen)
    for word in _own_words(fixes, seen):
        assert _fixes(diagnose(seen, strike=Redaction([word], words=names))) == fixes, word


@pytest.mark.parametrize(("code", "seen"), [case[:2] for case in REASON_CASES], ids=[case[0] for case in REASON_CASES])
def test_a_reason_s_fix_is_told_though_a_secret_holds_a_word_of_it(code: str, seen: WhyFacts) -> None:
    fixes, names = _fixes(explain(seen)), document.words(seen)
    assert code in fixes
    for word in _own_words(fixes, seen):
        assert _fixes(explain(seen, strike=Redaction([word], words=names))) == fixes, word


def test_what_a_rule_composed_is_told_and_has_no_credentials() -> None:
    match = Match("x", {"where": Composed("under components"), "url": Composed("http://a:hunter2@b")})
    assert match.struck_out(Redaction(["components"])).fields == {"where": "under components", "url": "http://***@b"}


def test_a_run_s_configuration_and_what_airflow_says_are_no_names() -> None:
    """Told whole was whatever stood in them as one word."""
    value = "hunter2secret"
    seen = facts(
        "failed", run=replace(RUN, conf={"key": f"prod-{value}"}), **raised(f"ValueError: 401 for prod-{value}")
    )
    seen = replace(
        seen,
        task=replace(seen.task, executor_config=f"x-{value}") if seen.task else None,
        dependencies=(Dependency("d", f"y-{value}"),),
        **noted("cleared", f"z-{value}"),
    )
    words = document.words(seen)
    assert {word for word in words if value in word} == set()
    assert {"d", "r", "load", "cleared"} <= words
    (finding,) = explain(seen, strike=Redaction([value], words=words))
    assert finding.cause == "ValueError: 401 for prod-***."


def test_what_is_kept_explains_the_same_though_a_secret_holds_a_part_of_a_name() -> None:
    """The quota's name was struck out of messages only, and the rule goes by both."""
    name = "analytics-small"
    seen = refused_by_quotas(replace(FULL, name=name), line=no_room(name))
    known = SecretValues(lambda: cast(Cluster, _Holding("analytics")), HERE)
    known.probe().collect(Facts())
    look = Look(seen, known)
    kept, strike = look.kept()
    (finding,) = diagnose(kept)
    assert finding.code == "namespace.quota"
    assert [finding] == look.findings(look.redaction())
    assert strike("no analytics") == "no ***"


class _Holding:
    def __init__(self, value: str) -> None:
        self.value = value

    def list(self, *_: str) -> list[dict[str, Any]]:
        return [{"data": {"key": base64.b64encode(self.value.encode()).decode()}}]


def test_what_a_rule_raises_quotes_no_secret() -> None:
    """It is told as a defect, beneath whatever failed; its traceback is told where it is asked for."""

    def stumble(seen: Facts) -> None:
        raise ValueError(f"could not convert string to float: {seen.events[0].message!r}")

    rule = Rule("x", "x", "x", "x", stumble)  # type: ignore[arg-type] # it finds nothing
    seen = Facts(events=(event("Pod/x", "Failed", f"so {KEPT}"),))
    with pytest.raises(ValueError, match="so \\*\\*\\*") as raised:
        diagnose(seen, [rule], strike=Redaction([KEPT]))
    assert KEPT not in str(raised.value)
    assert "stumble" in [entry.name for entry in raised.traceback]


def test_an_import_error_of_a_dag_is_told_without_a_value() -> None:
    error = ImportErrorFact("d.py", "dags", f"ModuleNotFoundError: No module named {KEPT!r}")
    (finding,) = explain(facts(import_error=error), strike=Redaction([KEPT]))[:1]
    assert leaked([finding]) == []
