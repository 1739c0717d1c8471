"""airstrip test, by the launcher, with the real Airflow, as somebody who is not root and without a network."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

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
    with pytest.raises(LookupError, match="There is no DAG cours. There are: calls, course, "):
        run_dag("cours")


def test_wrong():
    assert 1 + 1 == 3
"""
LEFT = """
from airstrip_pods import open_data


def test_left():
    with open_data("sales", "left.txt", "w") as file:
        file.write("of a test")
"""
BESIDE = """
def test_runs(run_dag):
    ended = run_dag("sales")
    assert ended.xcom("read") == "of west"


def test_wrong():
    assert 1 + 1 == 3
"""
OLD = """
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("old", schedule=None):
    BashOperator(task_id="a", bash_command="true")
    BashOperator(
        task_id="b",
        bash_command="{{ ds }} {{ execution_date }}",
    )
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


def test_a_test_file_that_cannot_be_imported_is_a_finding(author: Author) -> None:
    author.write({"broken_tests/test_a.py": "import nothere\n", "broken_tests/test_b.py": "def test_b(): ...\n"})
    document = author.document("test", "broken_tests", code=3)
    (finding,) = document["findings"]
    assert finding["symptom"] == "broken_tests/test_a.py could not be run"
    assert finding["cause"] == "ModuleNotFoundError: No module named 'nothere'"
    assert finding["fix"] == "Run it alone: ./airstrip test broken_tests/test_a.py"
    assert document["data"]["counts"] == {"error": 1}


def test_what_tests_leave_is_not_among_the_authors_own_data(author: Author) -> None:
    data = author.project / ".airstrip/authors/dev/data"
    author.write({"left_tests/test_left.py": LEFT})
    before = sorted(data.rglob("*"))
    author.document("test", "left_tests", code=0)
    assert sorted(data.rglob("*")) == before
    author.write({"mine.env": f"AIRSTRIP_DATA_URL=file://{author.project}/mine\n", "mine/none": ""})
    author.document("test", "left_tests", "--env", "mine.env", code=0)
    assert (author.project / "mine" / "sales" / "left.txt").read_text() == "of a test"


def test_tests_side_by_side(author: Author) -> None:
    """By pytest-xdist, as image.requirements may have it: here, the one that these tests have."""
    packages = author.folder / "packages"
    site = Path(sysconfig.get_path("purelib"))
    for name in ("xdist", "execnet", *(path.name for path in site.glob("pytest_xdist-*.dist-info"))):
        shutil.copytree(site / name, packages / name, dirs_exist_ok=True)
    # Several, so that each worker has some of them.
    files = {f"beside_tests/test_{number}.py": BESIDE for number in range(4)}
    author.write({**files, "beside.env": f"AIRFLOW_VAR_COLOUR=red\nPYTHONPATH={packages}\n"})
    document = author.document("test", "beside_tests", "-n", "2", "--env", "beside.env", code=3)
    assert document["data"]["counts"] == {"passed": 4, "failed": 4}
    assert len(document["findings"]) == 4


def test_another_folder_of_dags_can_be_named(author: Author) -> None:
    """As a clone of what dags.git names: that one's environment has one more provider."""
    dag = CIRCLE.replace("circle", "one").replace(" >> one", "")
    author.write({"cloned/airstrip.yaml": FILE.format(name="cloned"), "cloned/clone/one.py": dag})
    assert not (author.project / "cloned" / "dags").exists()
    document = author.document("test", "-f", "cloned/airstrip.yaml", "--dags", "cloned/clone", code=0)
    assert document["data"]["counts"] == {"passed": 4}
    assert author.document("dev", "one", "-f", "cloned/airstrip.yaml", "--dags", "cloned/clone", code=0)["ok"]


def test_a_file_that_ends_the_process_is_no_clean_bill(author: Author) -> None:
    ends = "import os\nfrom airflow.sdk import DAG\nprint('the last word', flush=True)\nos._exit({code})\n"
    for code in (0, 1):
        author.write({"ends/airstrip.yaml": FILE.format(name="ends"), "ends/dags/ends.py": ends.format(code=code)})
        for line in ("dev ends", "test --upgrade-check"):
            (error,) = author.document(*line.split(), "-f", "ends/airstrip.yaml", code=1)["errors"]
            assert error["code"] == "dev.crashed"
            assert error["details"].endswith("" if code == 0 else "the last word")


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
    assert (found["old.py", 8]["rule"], found["old.py", 8]["fix"]) == ("dags.removed", "Write logical_date instead.")
    assert len(found) == 3, "each is named once"
