"""airstrip dev, by the launcher, with the real Airflow, as somebody who is not root and without a network."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.dev.conftest import FILE, Author

SYNTAX = 'from airflow.sdk import DAG\n\nwith DAG("syntax")\n    pass\n'
LATER = 'from airflow.sdk import DAG\n\nwith DAG("later", schedule=None):\n    pass\n'
MISSING = 'from airflow.sdk import DAG\nimport helper\n\nwith DAG("missing"):\n    pass\n'
TEMPLATES = """\
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

def word():
    raise ValueError("no such word")

with DAG("words", schedule=None, user_defined_macros={"word": word}):
    BashOperator(task_id="text", bash_command="echo\\necho {{ execution_date }}")
    BashOperator(task_id="file", bash_command="words.sh")
    BashOperator(task_id="macro", bash_command="echo {{ word() }}")
"""

DAGS = ("course", "sales", "trouble", "waits")


def states(document: dict[str, Any]) -> dict[str, str]:
    tasks = document["data"]["tasks"]
    return {f"{task['task']}{[task['map']] if task['map'] >= 0 else ''}": task["state"] for task in tasks}


@pytest.fixture(scope="module")
def course(author: Author) -> dict[str, Any]:
    """The first run of all."""
    author.write({"dev.env": "# what only I know\nAIRFLOW_VAR_COLOUR='dark blue'\n"})
    return author.document("dev", "course", "--conf", '{"day": "monday"}', code=0)


def test_a_run_goes_well_with_results_items_and_configuration(course: dict[str, Any]) -> None:
    wanted = dict.fromkeys(
        ["numbers", "double[0]", "double[1]", "double[2]", "total", "bash", "surroundings"], "success"
    )
    assert states(course) == {**wanted, "gate": "success", "never": "skipped"}
    logs = course["data"]["logs"]
    assert logs["numbers"][0] == "the day is monday"
    assert logs["total"][0] == "the sum is 12"
    assert any(line.endswith("INFO from bash") for line in logs["bash"])
    assert course["data"]["state"] == "success"
    assert course["findings"] == []


def test_it_has_the_files_settings_the_authors_connections_and_data(author: Author, course: dict[str, Any]) -> None:
    line = course["data"]["logs"]["surroundings"][0]
    assert line == f"I am {author.uid} at shop.example dark blue north"
    assert (author.project / ".airstrip/authors/dev/data/file.txt").read_text() == "kept"


def test_a_projects_tasks_have_its_settings_its_secrets_and_its_data(author: Author, course: dict[str, Any]) -> None:
    author.write({"dev.env": "AIRFLOW_VAR_COLOUR='dark blue'\nCOLOUR_OF_SALES=mine\n"})
    document = author.document("dev", "sales", code=0)
    within, refused = document["data"]["logs"]["write"][:2]
    assert within == "within: sales west mine hush"
    assert refused.startswith("refused: This is a pod of the project 'sales', which has no part of 'stock'.")
    assert document["data"]["logs"]["read"][0] == "outside: None None mine None"
    assert (author.project / ".airstrip/authors/dev/data/sales/out/report.txt").read_text() == "of west"
    (missing,) = document["findings"]
    assert (missing["code"], missing["cause"]) == ("dev.no-secret", "k8s:shop/key is in the cluster only.")
    assert "sales ran without FROM_CLUSTER" in missing["symptom"]


def test_data_stays_in_a_project_with_spaces_and_letters_beyond_ascii(author: Author, course: dict[str, Any]) -> None:
    file = "Über uns/my dags/airstrip.yaml"
    text = (author.project / "dags" / "sales.py").read_text()
    author.write({"Über uns/.keep": "", file: FILE, "Über uns/my dags/token": "t", "Über uns/my dags/dags/s.py": text})
    try:
        document = author.document("dev", "sales", "-f", file, code=0)
        assert document["data"]["logs"]["read"][0].startswith("outside:")
        data = author.project / "Über uns/my dags/.airstrip/authors/dev/data"
        assert (data / "sales/out/report.txt").read_text() == "of west"
        assert not [path.name for path in author.project.iterdir() if "%" in path.name]
    finally:
        shutil.rmtree(author.project / "Über uns")


def test_a_project_that_the_file_does_not_declare_is_named(author: Author, course: dict[str, Any]) -> None:
    document = author.document("dev", "salse", code=0)
    assert document["data"]["logs"]["nothing"][0] == "it runs all the same"
    (unknown,) = document["findings"]
    assert unknown["code"] == "dev.unknown-project"
    assert unknown["cause"].startswith("Did you mean sales?")


def test_nothing_is_left_in_the_project_but_what_git_ignores(author: Author, course: dict[str, Any]) -> None:
    subprocess.run(["git", "init", "-q", str(author.project)], check=True)
    seen = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(author.project), "status", "--porcelain", "-uall"],
        capture_output=True,
        text=True,
        check=True,
    )
    files = {line.split()[-1] for line in seen.stdout.splitlines()}
    assert files == {"airstrip.yaml", "dev.env", "token", *(f"dags/{name}.py" for name in DAGS)}


def test_one_task_finds_what_the_tasks_before_it_returned(author: Author, course: dict[str, Any]) -> None:
    document = author.document("dev", "course", "total", code=0)
    assert states(document) == {"total": "success"}
    assert document["data"]["logs"]["total"][0] == "the sum is 12"
    assert document["data"]["run"] == course["data"]["run"]


def test_what_fails_and_what_needs_a_cluster(author: Author, course: dict[str, Any]) -> None:
    done = author.run("dev", "trouble")
    assert done.returncode == 3, done.stdout + done.stderr
    assert done.stderr.count("bad") >= 2
    assert "bad, try 2: failed after" in done.stderr
    assert 'dags/trouble.py", line 15, in bad' in done.stdout
    assert "trouble: failed" in done.stdout
    assert "pod needs Kubernetes, and failed: there is no cluster here  [dev.needs-cluster]" in done.stdout
    assert "bad failed after 2 tries at trouble.py:15  [dev.task-failed]" in done.stdout
    assert "cause: ValueError: no such table" in done.stdout
    assert "always | always" in done.stdout
    assert "after_pod  upstream_failed" in done.stdout


def test_a_template_that_fails_is_of_its_dag_file(author: Author, course: dict[str, Any]) -> None:
    """One in a file of its own too, of which Airflow has made a text before; a macro has its line."""
    author.write({"dags/words.py": TEMPLATES, "dags/words.sh": "echo\necho {{ execution_date }}\n"})
    findings = author.document("dev", "words", code=3)["findings"]
    assert {(found["symptom"], found["cause"]) for found in findings} == {
        ("text failed in a template of words.py", "UndefinedError: 'execution_date' is undefined"),
        ("file failed in a template of words.py", "UndefinedError: 'execution_date' is undefined"),
        ("macro failed at words.py:5", "ValueError: no such word"),
    }
    assert "Mend its template in words.py, then run this task alone: ./airstrip dev words text" in {
        found["fix"] for found in findings
    }


def test_a_task_whose_trigger_raises_says_why(author: Author, course: dict[str, Any]) -> None:
    document = author.document("dev", "waits", code=3)
    assert states(document) == {"wait": "failed", "printed": "success"}
    (finding,) = document["findings"]
    assert (finding["symptom"], finding["cause"]) == ("wait failed", "ValueError: no such queue")
    assert any("no such queue" in line for line in document["data"]["logs"]["wait"])
    assert document["data"]["logs"]["printed"][:2] == ["{'day': 'monday'}", '{"event": "order", "customer": 7}']


def test_a_trigger_ends_its_task_as_in_the_cluster(author: Author, course: dict[str, Any]) -> None:
    """`DAG.test` alone goes on with the task, by a method that such tasks do not have: AttributeError."""
    document = author.document("dev", "ends", code=0)
    by_trigger = {"success": "success", "skipped": "skipped", "failed": "failed"}
    assert states(document) == {"waited": "success", **by_trigger, "read": "success"}
    assert {row["task"]: row["try"] for row in document["data"]["tasks"]}["failed"] == 2
    assert document["data"]["logs"]["read"][0] == "of the trigger: success"
    assert "success was told of its end" in document["data"]["logs"]["success"]
    (finding,) = document["findings"]
    assert finding["symptom"].startswith("failed failed after 2 tries")
    assert finding["cause"] == "EndedByTriggerError: Its trigger ended it as failed."
    assert states(author.document("dev", "ends", "waited", code=0)) == {"waited": "success"}


def test_a_dag_that_another_one_triggers_is_known(author: Author, course: dict[str, Any]) -> None:
    for _ in range(2):
        assert states(author.document("dev", "calls", code=0)) == {"call": "success"}
    author.write({"dags/called_later.py": LATER})
    text = (author.project / "dags" / "waits.py").read_text()
    author.write({"dags/waits.py": text.replace('trigger_dag_id="slow"', 'trigger_dag_id="later"')})
    assert states(author.document("dev", "calls", code=0)) == {"call": "success"}
    author.write({"dags/waits.py": text})
    (author.project / "dags" / "called_later.py").unlink()


def test_options_that_name_no_task_are_not_dropped(author: Author, course: dict[str, Any]) -> None:
    (error,) = author.document("dev", "trouble", "--mark-success", "pot", code=2)["errors"]
    assert (error["code"], error["cause"]) == ("dev.unknown-task", "Did you mean pod?")


def test_a_task_that_counts_as_done_lets_those_after_it_run(author: Author, course: dict[str, Any]) -> None:
    document = author.document("dev", "trouble", "--mark-success", "pod", "--mark-success", "bad", code=0)
    assert set(states(document).values()) == {"success"}
    assert document["data"]["logs"]["after_pod"][0] == "after the pod"


def test_ctrl_c_leaves_nothing_running(author: Author, course: dict[str, Any]) -> None:
    with author.start("dev", "slow") as running:
        assert running.stdout is not None
        heard = next((line for line in running.stdout if line.endswith("INFO asleep\n")), "")
        asleep = sleepers(awaited=2)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert heard, err
    assert len(asleep) == 2
    assert running.returncode == 130, err
    assert "interrupted: Nothing of it runs any more.  [usage.interrupted]" in err
    assert sleepers() == []
    assert author.processes() == []


def test_what_is_not_there_is_named_with_what_is(author: Author, course: dict[str, Any]) -> None:
    (dag,) = author.document("dev", "curse", code=2)["errors"]
    assert (dag["code"], dag["cause"]) == ("dev.unknown-dag", "Did you mean course?")
    (task,) = author.document("dev", "course", "totals", code=2)["errors"]
    assert (task["code"], task["cause"]) == ("dev.unknown-task", "Did you mean total?")


def test_files_that_cannot_be_imported_are_named_with_place_and_fix(author: Author, course: dict[str, Any]) -> None:
    author.write(
        {
            "broken/airstrip.yaml": "apiVersion: airstrip/v1\nname: broken\ndags: {path: dags}\n",
            "broken/dags/syntax.py": SYNTAX,
            "broken/dags/missing.py": MISSING,
            "broken/dags/helper.py": "\nimport pandas\n",
        }
    )
    document = author.document("dev", "missing", "-f", "broken/airstrip.yaml", code=3)
    unknown, missing, syntax = document["findings"]
    assert unknown["code"] == "dev.unknown-dag"
    assert missing["code"] == "dags.missing-package"
    assert missing["symptom"].startswith("helper.py:2 imports pandas")
    assert "requirements: [pandas]" in missing["fix"]
    assert syntax["code"] == "dags.import-error"
    assert syntax["symptom"].startswith("syntax.py:3 ")


def test_the_shell_completes_dags_and_their_tasks(author: Author, course: dict[str, Any]) -> None:
    def completed(words: str) -> list[str]:
        count = str(len(words.split()) if words.endswith(" ") else len(words.split()) - 1)
        asked = {"_AIRSTRIP_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": count}
        return author.run(**asked).stdout.split()

    assert completed("airstrip dev tr") == ["trouble"]
    assert completed("airstrip dev course to") == ["total"]
    assert completed("airstrip dev -f dags/../airstrip.yaml course to") == ["total"]


def sleepers(awaited: int = 0) -> list[str]:
    """Of `awaited` some may be forked, and not yet be what they are to be: the shell has said its word before."""
    end = time.monotonic() + 10
    while len(found := _sleepers()) < awaited and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _sleepers() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode().split("\0")
        except OSError:
            continue
        found += [" ".join(words)] if words[:2] in (["sleep", "4711"], ["sleep", "4712"]) else []
    return found
