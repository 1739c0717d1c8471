"""What an author is told: the place in their own files, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airstrip.answers import DevTaskData
from airstrip.operations.authoring.course import Course
from airstrip.operations.authoring.findings import duplicates, import_findings, run_findings

DAGS = Path("/home/ada/dags")
_HEAD = 'Traceback (most recent call last):\n  File "/venv/site-packages/airflow/importer.py", line 238, in parse\n'
_OWN = '  File "/home/ada/dags/etl.py", line 2, in <module>\n    import shop\n'
_HELPER = '  File "/home/ada/dags/lib/shop.py", line 7, in <module>\n    import pandas\n'
IMPORTS = [
    ("SyntaxError: expected ':'", _OWN, "dags.import-error", "etl.py:2 ", "Mend etl.py:2"),
    ("KeyError: 'day'", _OWN + _HELPER, "dags.import-error", "lib/shop.py:7 ", "Mend lib/shop.py:7"),
    (
        "ModuleNotFoundError: No module named 'pandas'",
        _OWN + _HELPER,
        "dags.missing-package",
        "imports pandas",
        "pandas]",
    ),
    (
        "ModuleNotFoundError: No module named 'airflow.providers.amazon'",
        _OWN,
        "dags.missing-provider",
        "etl.py:2 imports airflow.providers.amazon",
        "extras: [amazon]",
    ),
    (
        "ModuleNotFoundError: No module named 'airflow.providers.apache.spark'",
        _OWN,
        "dags.missing-provider",
        "airflow.providers.apache.spark",
        "extras: [apache-spark]",
    ),
]


@pytest.mark.parametrize(("reason", "frames", "code", "symptom", "fix"), IMPORTS, ids=[each[0] for each in IMPORTS])
def test_a_file_that_cannot_be_imported(reason: str, frames: str, code: str, symptom: str, fix: str) -> None:
    (finding,) = import_findings({"etl.py": f"{_HEAD}{frames}{reason}\n"}, DAGS)
    assert finding.code == code
    assert symptom in finding.symptom
    assert fix in finding.fix
    if code == "dags.import-error":
        assert finding.cause == reason


def test_an_error_without_a_trace_names_the_file() -> None:
    reason = "AirflowDagCycleException: Cycle detected in Dag: c. Faulty task: b"
    (finding,) = import_findings({"loop.py": reason}, DAGS)
    assert (finding.code, finding.symptom) == ("dags.cycle", "loop.py: its tasks wait for each other")
    assert finding.cause == f"{reason}."


def test_what_airflow_3_removed_is_told_as_dags_check_tells_it(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(
        "from airflow.sdk import DAG\n\nDAG('old', schedule_interval='@daily', concurrency=2)\n"
    )
    text = f"""Traceback (most recent call last):
  File "{tmp_path}/old.py", line 3, in <module>
    DAG('old', schedule_interval='@daily')
TypeError: DAG.__init__() got an unexpected keyword argument 'schedule_interval'
"""
    (finding,) = import_findings({"old.py": text}, tmp_path)
    assert (finding.code, finding.fix) == ("dags.removed", "Use `schedule` instead.")
    assert finding.symptom.startswith("old.py:3: it cannot be imported: `schedule_interval` is removed")
    assert "TypeError" in finding.evidence


def test_a_failed_task_is_named_with_its_place_and_how_to_run_it_alone() -> None:
    course = course_of(errors={("load", 2): error("ValueError", "bad\nsecond line", "/home/ada/dags/etl.py", 12)})
    (finding,) = run_findings("etl", course, [task("load", "failed", index=2, tries=3), task("end", "skipped")], DAGS)
    assert finding.symptom == "load[2] failed after 3 tries at etl.py:12"
    assert finding.cause == "ValueError: bad"
    assert finding.fix == "Mend etl.py:12, then run this task alone: ./airstrip dev etl load --map 2"


def test_a_template_that_fails_is_named_by_its_dag_file() -> None:
    """A text has no file, and its lines are none of the DAG's."""
    course = course_of(errors={("load", -1): error("UndefinedError", "'x' is undefined", "/home/ada/dags/etl.py", 0)})
    (finding,) = run_findings("etl", course, [task("load", "failed")], DAGS)
    assert finding.symptom == "load failed in a template of etl.py"
    assert finding.fix == "Mend its template in etl.py, then run this task alone: ./airstrip dev etl load"


def test_what_follows_a_failed_task_is_no_finding_of_its_own() -> None:
    rows = [task("load", "failed"), task("report", "upstream_failed")]
    (finding,) = run_findings("etl", course_of(), rows, DAGS)
    assert finding.symptom == "load failed"
    assert finding.cause == "See its log above."


def test_all_tasks_that_need_a_cluster_are_one_finding_and_come_first() -> None:
    rows = [task("load", "failed"), task("fit", "failed"), task("score", "failed"), task("later", "upstream_failed")]
    first, second = run_findings("etl", course_of(pods=("fit", "score", "later")), rows, DAGS)
    assert first.code == "dev.needs-cluster"
    assert first.symptom.startswith("fit, score need Kubernetes")
    assert "./airstrip run etl" in first.fix
    assert "--mark-success fit --mark-success score" in first.fix
    assert second.symptom == "load failed"


def test_a_pod_that_counts_as_done_is_no_finding() -> None:
    assert run_findings("etl", course_of(pods=("fit",)), [task("fit", "success")], DAGS) == []


def test_two_dags_of_one_id() -> None:
    (finding,) = duplicates([("etl", "/home/ada/dags/a.py")], DAGS)
    assert finding.symptom == "a.py has two DAGs etl"


def task(name: str, state: str, *, index: int = -1, tries: int = 1) -> DevTaskData:
    return {"task": name, "map": index, "try": tries, "state": state, "seconds": 0.1}


def error(kind: str, message: str, file: str, line: int) -> dict[str, Any]:
    return {"type": kind, "message": message, "file": file, "line": line}


def test_what_airflow_only_logged_is_the_cause() -> None:
    course = course_of(errors={("wait", -1): {"type": "ValueError", "message": "no such queue"}})
    (finding,) = run_findings("etl", course, [task("wait", "failed")], DAGS)
    assert finding.cause == "ValueError: no such queue"


def course_of(*, pods: tuple[str, ...] = (), errors: dict[tuple[str, int], dict[str, Any]] | None = None) -> Course:
    return Course(lambda _: None, pods=pods, errors=dict(errors or {}))
