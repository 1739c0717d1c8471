"""What each rule says of the facts that call for it, and what none says anything of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.dags import Facts, find_defects
from airstrip.dags.facts import Asked, ErrorKind, Known, ParsedDag, ParsedFile, ParseError, Reference
from airstrip.dags.removed import Removed
from airstrip_pods.surroundings import no_project
from tests.unit.dags.making import defined, facts, refused


def refused_as(kind: ErrorKind, text: str) -> ParsedFile:
    return ParsedFile("a.py", errors=(ParseError("a.py", kind, text),))


NOT_FOUND = "AirflowRuntimeError: VARIABLE_NOT_FOUND: {'message': 'Variable v not found'}"
NO_PROJECT = f"airstrip_pods.errors.ProjectError: {no_project('sails', ['rides', 'sales'])}"
NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: '/opt/config/rides.yaml'"
ASKED = Asked("variable", "v", given=False)
NOTHING = Known(frozenset(), frozenset(), frozenset())
OLD = "TypeError: DAG.__init__() got an unexpected keyword argument 'schedule_interval'"
SCHEDULE = Removed("a.py", 4, "`schedule_interval` is removed in Airflow 3.0", "Use `schedule` instead")
MAP = Reference("config-map", "m", "t", 7, where="env_from")
KEY = Reference("secret", "s", "t", 7, key="k", where="secrets")
IDENTITY = ("secret", "workers", "s")
ELSEWHERE = Reference("config-map", "m", "t", 7, namespace="other", unless="kubernetes_default")

CASES: dict[str, tuple[Facts, str, str]] = {
    "a cycle": (facts(refused("AirflowDagCycleException: Faulty task: a", "cycle")), "dags.cycle", "wait for each"),
    "too slow": (facts(refused("it was not parsed within 50 s", "timeout")), "dags.parse-timeout", "too long"),
    "a link that loops": (facts(refused_as("loop", "lib")), "dags.link-loop", "ends at this link"),
    "a bad pattern": (facts(refused_as("walk", "Error: x")), "dags.not-walked", "cannot look through"),
    "a pointer of git LFS": (
        Facts(facts(pointers=frozenset({"a.py"})).parsed, pointers=("a.py",)),
        "dags.lfs-pointer",
        "passes it over",
    ),
    "a crash": (facts(refused("it ended (SIGSEGV)", "crash")), "dags.parse-crash", "ends the process"),
    "a mistake": (facts(refused("SyntaxError: '(' was never closed")), "dags.import-error", "cannot be imported"),
    "a module": (facts(refused("E: No module named 'pandas'")), "dags.missing-package", "no module pandas"),
    "a project": (facts(refused(NO_PROJECT)), "dags.missing-project", "no project sails, which it asks for"),
    "a provider": (
        facts(refused("E: No module named 'airflow.providers.amazon'")),
        "dags.missing-provider",
        "lacks airflow.providers.amazon",
    ),
    "contrib": (facts(refused("E: No module named 'airflow.contrib'")), "dags.removed", "has no airflow.contrib"),
    "removed, by its name": (facts(refused(OLD), removed=(SCHEDULE,)), "dags.removed", "`schedule_interval` is"),
    "removed, by its line": (
        facts(refused("ImportError: x"), removed=(Removed("a.py", 3, "`y` is removed", ""),)),
        "dags.removed",
        "`y` is removed",
    ),
    "removed elsewhere": (facts(defined("d"), removed=(SCHEDULE,)), "dags.removed", "`schedule_interval` is"),
    "a variable at parse": (
        facts(refused(NOT_FOUND, asked=(ASKED,)), known=NOTHING),
        "dags.missing-variable",
        "no variable v",
    ),
    "a value that is not given": (
        facts(refused(NOT_FOUND, asked=(ASKED,)), known=Known(variables=frozenset({"v"}))),
        "dags.not-checked",
        "asks for the variable v",
    ),
    "before Airflow runs": (facts(refused(NOT_FOUND, asked=(ASKED,))), "dags.not-checked", "asks for the variable v"),
    "a volume of the DAG processor's": (
        replace(facts(refused(NO_FILE)), mounts=("/opt/config",)),
        "dags.not-checked",
        "it reads /opt/config while it is read",
    ),
    "another path than that of a volume": (
        replace(facts(refused(NO_FILE)), mounts=("/opt/conf", "/config", "/opt/config/rides.yaml.old")),
        "dags.import-error",
        "cannot be imported",
    ),
    "the database": (facts(refused("OperationalError", "database")), "dags.not-checked", "Airflow's database"),
    "an id in one file": (facts(defined("d", twice=True)), "dags.duplicate-id", "a second time, in the file itself"),
    "a built-in id": (
        facts(defined("smoke"), defined("smoke", file="smoke.py", bundle="airstrip")),
        "dags.duplicate-id",
        "in Airstrip's own smoke.py",
    ),
    "a DAG that cannot be looked into": (
        facts(ParsedFile("a.py", dags=(ParsedDag("d", 5, 1, unknown="RuntimeError: odd"),))),
        "dags.not-checked",
        "Airflow takes the DAG d, but",
    ),
    "a DAG that is imported": (
        facts(defined("d", made_in="z.py"), defined("d", file="z.py")),
        "dags.duplicate-id",
        "makes DAGs that z.py has too: d",
    ),
    "a pool": (facts(defined("d", Reference("pool", "p", "t")), known=NOTHING), "dags.missing-pool", "no pool p"),
    "a connection": (
        facts(defined("d", Reference("connection", "c", "t", where="conn_id")), known=NOTHING),
        "dags.missing-connection",
        "no connection c, which d.t (conn_id) asks for",
    ),
    "a variable": (
        facts(defined("d", Reference("variable", "v", "t", where="sql")), known=NOTHING),
        "dags.missing-variable",
        "no variable v, which d.t (sql) asks for",
    ),
    "a file that a pod does not see": (
        facts(defined("d", Reference("dag-file", "/opt/airflow/dags/task1.py", "t", where="cmds"))),
        "dags.file-not-in-pod",
        "the pod of d.t (cmds) runs /opt/airflow/dags/task1.py, and sees no folder of DAGs",
    ),
    "removed in templates": (
        facts(defined("d", Reference("template", "next_ds", "t", where="bash_command"))),
        "dags.removed",
        "templates of Airflow 3 have no next_ds, which d.t (bash_command) uses",
    ),
    "a ConfigMap": (
        facts(defined("d", MAP), known=Known(objects={("config-map", "workers", "m"): None})),
        "dags.missing-object",
        "no ConfigMap m in workers, which the pod of d.t (env_from) needs",
    ),
    "a key": (
        facts(defined("d", KEY), known=Known(objects={IDENTITY: frozenset({"other"})})),
        "dags.missing-key",
        "the Secret s in workers has no key k",
    ),
    "in another namespace": (
        facts(
            defined("d", ELSEWHERE), known=Known(connections=frozenset(), objects={("config-map", "other", "m"): None})
        ),
        "dags.missing-object",
        "no ConfigMap m in other",
    ),
}

GOOD: dict[str, Facts] = {
    "nothing that it names": facts(defined("d")),
    "an id in another deployment's words": facts(defined("d"), defined("e", file="b.py")),
    "what cannot be asked for": facts(
        defined("d", Reference("pool", "p", "t"), Reference("connection", "c", "t"), MAP)
    ),
    "what is there": facts(
        defined("d", Reference("pool", "p", "t"), KEY),
        known=Known(pools=frozenset({"p"}), objects={IDENTITY: frozenset({"k"})}),
    ),
    "what a secrets backend may have": facts(
        defined("d", Reference("connection", "c", "t")), known=NOTHING, has_backend=True
    ),
    "what the environment has": facts(
        defined("d", Reference("connection", "my_db", "t"), Reference("variable", "v", "t")),
        known=NOTHING,
        connections=frozenset({"MY_DB"}),
        variables=frozenset({"V"}),
    ),
    "a pod wherever a connection leads": facts(
        defined("d", ELSEWHERE),
        known=Known(connections=frozenset({"kubernetes_default"}), objects={("config-map", "other", "m"): None}),
    ),
    "Airstrip's own files": facts(
        refused("x", file="verify.py").__class__("verify.py", "airstrip", refused("x", file="verify.py").errors)
    ),
    "what was removed, in a file that is none of Airflow's": facts(defined("d", file="b.py"), removed=(SCHEDULE,)),
}


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
