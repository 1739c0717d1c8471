"""The page of rules: each with its own texts, and with the test that proves it."""

from __future__ import annotations

import ast
import re

import pytest

from airstrip.diagnose import RULES
from airstrip.operations.properties import PROPERTIES
from scripts.rule_proofs import caused, find_proofs
from tests.unit.docs.pages import ROOT

CODES = [rule.code for rule in RULES]
PROOFS = find_proofs(CODES)
ROWS = {
    row.split("`")[1]: [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    for row in (ROOT / "docs" / "rules.md").read_text().splitlines()
    if row.startswith("| `")
}


def test_each_rule_has_a_row_in_their_order() -> None:
    assert list(ROWS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_each_row_says_something_and_names_its_test(code: str) -> None:
    _, symptom, cause, fix, proved, then = ROWS[code]
    assert not {"*message*", "*cause*", "*fix*"} & {symptom, fix}
    assert cause != "*cause*"
    assert proved == str(PROOFS[code])
    assert re.findall("`([^`]+)`", then) == list(PROOFS[code].properties)


def test_each_place_of_tests_that_cause_something_is_named() -> None:
    head = (ROOT / "docs" / "rules.md").read_text().partition("\n| ")[0]
    files = {proof.file for proof in PROOFS.values() if proof.how == "cluster"}
    named = set(re.findall("`(tests/.*?)`", head))
    assert [file for file in files if not {file, file.rpartition("/")[0]} & named] == []


def test_a_proof_is_a_test_that_names_the_code() -> None:
    for proof in PROOFS.values():
        assert (ROOT / proof.file).is_file()
        assert not proof.test or f"def {proof.test}(" in (ROOT / proof.file).read_text()


@pytest.mark.parametrize(
    ("code", "how", "slow"),
    [
        ("pod.crash-loop", "cluster", False),
        ("triggerer.silent", "cluster", True),
        ("dags.missing-provider", "cluster", False),
        ("component.missing", "cluster", False),
        ("deployment.not-running", "cluster", False),
        ("dag.overdue", "cluster", True),
        ("node.lost", "unit", False),
        ("airflow.unavailable", "unit", False),
    ],
)
def test_how_a_rule_is_proved(code: str, how: str, slow: bool) -> None:
    proof = PROOFS[code]
    assert (proof.how, proof.slow) == (how, slow)


def test_every_fault_that_is_waited_for_is_of_a_rule() -> None:
    """A code that is misspelt, or written in a way that is not understood here, would be left out."""
    named = {proof.test for _, proof in caused(CODES)}
    waiting = {
        function.name
        for file in (ROOT / "tests" / "cluster" / "faults").glob("test_*.py")
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
        if any(isinstance(node, ast.Attribute) and node.attr == "finds" for node in ast.walk(function))
    }
    assert waiting
    assert waiting <= named


def test_at_least_thirty_are_caused_for_real_each_time() -> None:
    assert sum(proof.how == "cluster" and not proof.slow for proof in PROOFS.values()) >= 30


def test_at_least_thirty_have_a_property_proved() -> None:
    """The slow ones among them: faults have ten minutes of the suite."""
    proved = [proof for proof in PROOFS.values() if proof.how == "cluster" and proof.properties]
    assert len(proved) >= 30
    assert sum(not proof.slow for proof in proved) >= 20
    known = {item.name for item in PROPERTIES}
    assert {name for proof in proved for name in proof.properties} <= known


def test_the_answers_to_complaints_name_rules_that_exist() -> None:
    page = (ROOT / "docs" / "proof.md").read_text()
    section = page.partition("### What others' users complain of\n")[2].partition("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("| ")][1:]
    assert len(rows) == 15 + 4
    for row in rows:
        named = set(re.findall(r"`([a-z-]+\.[a-z-]+)`", row)) - {"dags.git"}
        assert named <= set(CODES), row
        assert named or re.search("by design: |waits for |`verify` fails ", row), row
