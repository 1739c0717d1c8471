"""What each rule says of the facts that call for it, and what none says anything of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.dags import Facts, find_defects
from airstrip.dags.facts import Known, ParsedDag, Reference
from airstrip.dags.removed import Removed
from tests.unit.dags.making import defined, facts, refused
from tests.unit.dags.rule_cases import ASKED, CASES, GOOD, NO_PROJECT, NOTHING, OLD, SCHEDULE


@pytest.mark.parametrize("case", CASES)
def test_a_rule_and_no_other_says_it(case: str) -> None:
    known, code, words = CASES[case]
    (defect,) = find_defects(known)
    assert (defect.code, defect.file) == (code, "a.py")
    assert words in defect.message
    assert defect.cause
    assert defect.fix
    assert "{" not in defect.message + defect.cause + defect.fix.replace("{task_id}", "")


@pytest.mark.parametrize("case", GOOD)
def test_nothing_is_said_of(case: str) -> None:
    assert find_defects(GOOD[case]) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (OLD, "dags.removed"),
        ("ModuleNotFoundError: No module named 'pandas'", "dags.missing-package"),
        ("ModuleNotFoundError: No module named 'airflow.providers.amazon'", "dags.missing-provider"),
        (NO_PROJECT, "dags.missing-project"),
        ("ImportError: cannot import name 'x' from 'y'", "dags.import-error"),
        ("SyntaxError: '(' was never closed", "dags.import-error"),
        ("TypeError: unsupported operand type(s) for +: 'NoneType' and 'str'", "dags.not-checked"),
    ],
)
def test_a_value_that_was_not_given_excuses_only_what_can_come_of_it(said: str, code: str) -> None:
    seen = facts(refused(said, asked=(ASKED,)), known=Known(variables=frozenset({"v"})), removed=(SCHEDULE,))
    assert find_defects(seen)[0].code == code


@pytest.mark.parametrize(
    ("said", "is_written", "otherwise"),
    [
        ("ModuleNotFoundError: No module named 'jobs_dev'", False, "dags.missing-package"),
        ("ModuleNotFoundError: No module named 'airflow.providers.dev'", False, "dags.missing-provider"),
        (NO_PROJECT, False, "dags.missing-project"),
        ('  File "<unknown>", line 1\n    {a b\nSyntaxError: invalid syntax', True, "dags.import-error"),
        ('  File "<string>", line 1\n     x\nIndentationError: unexpected indent', True, "dags.import-error"),
    ],
)
def test_a_value_that_was_not_given_excuses_a_name_or_a_text_that_it_may_have_made(
    said: str, is_written: bool, otherwise: str
) -> None:
    """As of `project(Variable.get(f"{team}_project", default="dev"))`, or of ast.literal_eval."""
    (asking, not_asking) = (refused(said, asked=asked, is_written=is_written) for asked in ((ASKED,), ()))
    known = Known(variables=frozenset({"v"}))
    assert [(each.level, each.code) for each in find_defects(facts(asking, known=known))] == [
        ("warning", "dags.not-checked")
    ]
    # Where nothing hides, or what hides is not there either, the error is the file's own.
    assert [each.code for each in find_defects(facts(not_asking, known=known))] == [otherwise]
    assert [each.code for each in find_defects(facts(asking, known=NOTHING))] == [otherwise]


def test_an_error_s_evidence_begins_with_the_file() -> None:
    (defect,) = find_defects(facts(refused("NameError: x")))
    assert defect.evidence.splitlines()[0] == '  File "/opt/airflow/dags/a.py", line 3, in <module>'
    assert defect.evidence.splitlines()[-1] == "NameError: x"
    assert defect.place == "a.py:3"


def test_a_removed_argument_is_shown_where_it_stands() -> None:
    (defect,) = find_defects(facts(refused(OLD), removed=(SCHEDULE,)))
    assert (defect.place, defect.fix, defect.level) == ("a.py:4", "Use `schedule` instead.", "broken")


def test_of_a_file_that_is_refused_all_that_was_removed_is_told_at_once() -> None:
    others = (Removed("a.py", 4, "`task_concurrency` is removed", "Use `b` instead"), Removed("a.py", 9, "`c` is", ""))
    found = find_defects(facts(refused(OLD), removed=(SCHEDULE, *others)))
    assert [(each.level, each.line, each.fix) for each in found] == [
        ("broken", 4, "Use `schedule` instead."),
        ("warning", 4, "Use `b` instead."),
        ("warning", 9, "Write it without."),
    ]
    assert all("besides" in each.cause for each in found[1:])


def test_for_the_quick_starts_own_import_the_module_is_named() -> None:
    last = "    from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator\n"
    (defect,) = find_defects(facts(refused(f"{last}ModuleNotFoundError: No module named 'airflow.contrib'")))
    assert defect.message == "it cannot be imported: Airflow 3 has no airflow.contrib.operators.kubernetes_pod_operator"
    assert defect.fix == "Import it from airflow.providers.cncf.kubernetes.operators.pod."


def test_what_airflow_refuses_goes_before_what_fails_later_and_that_before_warnings() -> None:
    known = facts(
        defined("d", Reference("pool", "p", "t"), file="a.py"),
        refused("NameError: x", file="z.py"),
        removed=(SCHEDULE,),
        known=NOTHING,
    )
    assert [defect.level for defect in find_defects(known)] == ["broken", "missing", "warning"]


def test_both_files_of_a_duplicate_are_named_with_each_other() -> None:
    first, second = find_defects(facts(defined("d"), defined("d", file="b.py")))
    assert (first.place, second.place) == ("a.py:5", "b.py:5")
    assert "b.py:5" in first.message
    assert "a.py:5" in second.message


def test_a_dag_that_files_only_import_is_one_definition() -> None:
    """Airflow takes a file with DAGs that it has by `from a import dag`, or that ran for a constant."""
    several = replace(defined("a", file="b.py"), dags=tuple(ParsedDag(f"d{n}", made_in="a.py") for n in range(5)))
    its = replace(defined("a"), dags=tuple(ParsedDag(f"d{n}", n + 1) for n in range(5)))
    (found,) = find_defects(facts(several, its))
    assert (found.level, found.place) == ("warning", "b.py")
    assert "that a.py has too: d0, d1, d2 and 2 more" in found.message


def test_of_a_dag_of_a_module_that_is_no_dag_file_the_first_file_is_its_place() -> None:
    one, two = (defined("d", file=f"{name}.py", made_in="lib/shared.py") for name in "ab")
    assert [(each.level, each.file) for each in find_defects(facts(one, two))] == [("warning", "b.py")]
    assert find_defects(facts(one)) == []
    found = find_defects(facts(one, two, defined("d", file="c.py")))
    assert [(each.level, each.place) for each in found] == [
        ("broken", "a.py:5"),
        ("broken", "c.py:5"),
        ("warning", "b.py"),
    ]
    other = defined("d", file="c.py", bundle="other", made_in="lib/shared.py")
    assert [each.level for each in find_defects(facts(one, other))] == ["broken", "broken"]


def test_two_definitions_stay_broken_where_one_of_the_files_imports_the_other() -> None:
    found = find_defects(facts(defined("d"), defined("d", file="b.py", twice=True)))
    assert [(each.level, each.place) for each in found] == [("broken", "a.py:5"), ("broken", "b.py:5")]
    assert "in a.py:5" in found[1].message
    assert "itself" not in found[1].message


def test_what_several_tasks_of_a_dag_name_is_one_defect() -> None:
    names = [Reference("pool", "p", task) for task in "ab"]
    assert len(find_defects(facts(defined("d", *names), known=NOTHING))) == 1


def test_a_pointer_of_git_lfs_in_place_of_what_airflow_does_not_look_into_is_a_warning() -> None:
    """A .zip is data, as far as anybody knows; a file of Python that .airflowignore names is none of Airflow's."""
    parsed = facts(pointers=frozenset({"dag.py"})).parsed
    found = find_defects(Facts(parsed, pointers=("dag.py", "ignored.py", "rows.csv", "rows.zip")))
    assert [(defect.code, defect.level, defect.file) for defect in found] == [
        ("dags.lfs-pointer", "broken", "dag.py"),
        ("dags.lfs-pointer", "warning", "ignored.py"),
        ("dags.lfs-pointer", "warning", "rows.csv"),
        ("dags.lfs-pointer", "warning", "rows.zip"),
    ]
