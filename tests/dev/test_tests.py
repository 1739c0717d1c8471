"""airstrip test, by the launcher, with the real Airflow, as somebody who is not root and without a network."""

from __future__ import annotations

from tests.dev.conftest import Author

FILE = "apiVersion: airstrip/v1\nname: {name}\ndags: {{path: dags}}\n"
DAG = 'from airflow.sdk import DAG\n\nwith DAG("{name}", schedule=None):\n    pass\n'
CIRCLE = """
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("circle", schedule=None):
    one = EmptyOperator(task_id="one")
    one >> EmptyOperator(task_id="two") >> one
"""
TESTS = """
import pytest


def test_the_dags(dagbag):
    assert {"course", "trouble", "slow"} <= set(dagbag.dags)
    assert dagbag.import_errors == {}


def test_course(run_dag):
    ended = run_dag("course", conf={"day": "tuesday"})
    assert ended.state == "success", ended
    assert ended.states["never"] == "skipped"
    assert ended.xcom("numbers") == [1, 2, 3]
    assert ended.xcom("double", index=2) == 6
    assert ended.xcom("total") is None


def test_sales(run_dag):
    ended = run_dag("sales")
    assert ended.xcom("read") == "of west"


def test_unknown(run_dag):
    with pytest.raises(LookupError, match="There is no DAG cours. There are: course, sales, salse, slow, trouble"):
        run_dag("cours")


def test_wrong():
    assert 1 + 1 == 3
"""
OLD = """
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("old", schedule=None):
    BashOperator(task_id="a", bash_command="true")
"""


def test_without_tests_of_their_own_every_dag_is_checked(author: Author) -> None:
    done = author.run("test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
    assert "There are no tests; Airstrip's own checks: 4 passed" in done.stdout


def test_those_checks_find_circles_and_ids_that_are_there_twice(author: Author) -> None:
    files = {"circle.py": CIRCLE, "a.py": DAG.format(name="same"), "b.py": DAG.format(name="same")}
    files["twice.py"] = DAG.format(name="twice") + CIRCLE.replace("circle", "twice").replace(" >> one", "")
    author.write({"bad/airstrip.yaml": FILE.format(name="bad"), **{f"bad/dags/{n}": t for n, t in files.items()}})
    document = author.document("test", "-f", "bad/airstrip.yaml", code=3)
    outcomes = {each["test"].partition("::")[2]: each["outcome"] for each in document["data"]["tests"]}
    assert outcomes == {
        "test_every_dag_file_imports": "passed",
        "test_no_dag_runs_in_a_circle": "failed",
        "test_no_two_dags_have_one_id": "failed",
        "test_there_is_a_dag": "passed",
    }
    symptoms = " ".join(f"{each['symptom']} {each['cause']}" for each in document["findings"])
    assert "circle.py: its tasks wait for each other" in symptoms
    assert "Cycle detected in Dag: circle" in symptoms
    assert "twice.py has two DAGs twice" in symptoms
    assert "two DAGs same" not in symptoms
    assert "DuplicatedIdException" in symptoms


def test_the_authors_own_tests_run_dags(author: Author) -> None:
    author.write({"dev.env": "AIRFLOW_VAR_COLOUR=red\n", "tests/test_course.py": TESTS})
    document = author.document("test", "tests", code=3)
    assert document["data"]["counts"] == {"passed": 4, "failed": 1}
    (failed,) = document["findings"]
    assert failed["symptom"] == "tests/test_course.py::test_wrong failed"
    assert failed["fix"] == "Run it alone: ./airstrip test tests/test_course.py::test_wrong"
    assert document["data"]["default"] is False


def test_arguments_that_pytest_does_not_know_are_an_error(author: Author) -> None:
    (error,) = author.document("test", "--no-such-option", code=1)["errors"]
    assert error["code"] == "test.not-run"


def test_what_the_next_airflow_will_not_take_has_its_place_and_what_to_write(author: Author) -> None:
    author.write({"old/airstrip.yaml": FILE.format(name="old"), "old/dags/old.py": OLD})
    document = author.document("test", "--upgrade-check", "-f", "old/airstrip.yaml", code=3)
    found = {(each["file"], each["line"]): each for each in document["data"]["deprecations"]}
    assert found["old.py", 2]["fix"] == "Please use `'airflow.sdk.task'`."
    assert found["old.py", 7]["rule"] == "AIR312"
    assert "airflow.providers.standard.operators.bash" in found["old.py", 7]["fix"]
    assert len(found) == 2, "each is named once"
