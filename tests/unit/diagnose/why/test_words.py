"""What the lines of a log say, how pods are marked, and moments."""

from __future__ import annotations

import pytest

from airstrip.diagnose.labels import safe_label
from airstrip.diagnose.why.pod_labels import is_of
from airstrip.diagnose.why.words import (
    end_of,
    exception_lines,
    is_before,
    last_exception,
    last_of_level,
    later,
    moment,
)
from tests.unit.diagnose.why.making import TASK, TRACE

HEAD = "2026-11-21T05:11:17.048530Z ERROR Task failed with exception"
FRAME = '  File "/opt/airflow/dags/d.py", line 9, in load'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ""),
        (["2026-11-21T05:11:17.048530Z INFO hello"], ""),
        ([HEAD, TRACE, FRAME, "ValueError: no such day", "2026-11-21T05:11:18Z INFO bye"], "ValueError: no such day"),
        ([HEAD, TRACE, FRAME, "B: outer", TRACE, FRAME, "A: inner"], "B: outer"),
        ([HEAD, TRACE, FRAME, "A: first", HEAD, TRACE, FRAME, "B: last"], "B: last"),
        ([HEAD, TRACE, FRAME, "ApiException: (403)", "Reason: Forbidden"], "ApiException: (403)"),
        ([HEAD, TRACE, FRAME], ""),
        # What is told of it is cut, once no secret is in it.
        ([HEAD, TRACE, FRAME, "E: " + "x" * 400], "E: " + "x" * 400),
    ],
)
def test_the_last_exception_of_a_log(lines: list[str], said: str) -> None:
    assert last_exception(lines) == said


def test_the_evidence_is_what_the_task_itself_brought_about() -> None:
    begun = ["2026-11-21T05:11:16Z INFO DAG bundles loaded: main", "2026-11-21T05:11:16Z INFO hello"]
    library = '  File "/opt/airflow/venv/lib/python3.11/site-packages/airflow/sdk/operator.py", line 1, in execute'
    raised = [HEAD, TRACE, library, FRAME, "ValueError: no"]
    assert exception_lines([*begun, *raised]).splitlines() == [HEAD, TRACE, FRAME, "ValueError: no"]
    assert exception_lines(begun) == end_of(begun) == "2026-11-21T05:11:16Z INFO hello"
    assert len(end_of(["2026-11-21T05:11:16Z INFO hello"] * 99).splitlines()) == 15


def test_the_last_message_of_a_level() -> None:
    lines = ["2026-11-21T05:11:17Z INFO one", "2026-11-21T05:11:18Z INFO two", "more", "2026-11-21T05:11:19Z ERROR no"]
    assert last_of_level(lines, "INFO") == "two"
    assert last_of_level(lines, "INFO", "ERROR") == "no"
    assert last_of_level(lines, "CRITICAL") == ""


def test_moments() -> None:
    assert moment("2026-11-21T05:11:17.048530Z") == "2026-11-21 05:11:17 UTC"
    assert moment("2026-11-21T06:11:17+01:00") == "2026-11-21 05:11:17 UTC"
    assert moment(None) == ""
    assert moment(later("2026-11-21T05:11:17Z", 300)) == "2026-11-21 05:16:17 UTC"
    assert is_before("2026-11-21T05:11:17Z", "2026-11-21T06:11:18+01:00")
    assert not is_before(None, "2026-11-21T06:11:18+01:00")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("plain-name_1.x", "plain-name_1.x"),
        # As provider 10.25's make_safe_label_value answered.
        ("manual__2026-11-21T05:11:12.925530+00:00", "manual__2026-11-21T051112.9255300000-59ef1af1b"),
        ("x" * 70, "x" * 53 + "-7d56c0f83"),
    ],
)
def test_labels_are_those_of_the_provider(text: str, label: str) -> None:
    assert len(safe_label(text)) <= 63
    assert safe_label(text) == label


def test_a_pod_is_told_by_annotations_or_by_labels() -> None:
    about = {"dag_id": "d", "task_id": "load", "run_id": "r", "try_number": "1"}
    assert is_of({"annotations": about}, TASK)
    assert not is_of({"annotations": {**about, "map_index": "0"}}, TASK)
    assert not is_of({"annotations": {**about, "try_number": "2"}}, TASK)
    assert not is_of({"annotations": {**about, "run_id": "other"}}, TASK)
    assert is_of({"labels": about}, TASK)
    assert not is_of({"labels": {**about, "task_id": "other"}}, TASK)
