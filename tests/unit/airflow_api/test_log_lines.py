from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from airstrip.airflow_api.log_lines import read_answer, read_output

SOURCES: list[dict[str, Any]] = [
    {"event": "::group::Log message source details"},
    {"event": "/opt/airflow/logs/dag_id=d/attempt=1.log"},
    {"event": "::endgroup::"},
]


def entry(event: str, **more: Any) -> dict[str, Any]:
    return {"timestamp": "2026-11-21T05:11:17.048530Z", "event": event, "level": "info", **more}


def render(content: Iterable[Any]) -> list[str]:
    return [line for record in read_answer(content).records for line in record.lines()]


def test_where_the_log_came_from_and_the_ui_s_marks_are_left_out() -> None:
    content = [*SOURCES, entry("::group::Pre Execute"), entry("hello"), entry("::endgroup::")]
    assert render(content) == ["2026-11-21T05:11:17.048530Z INFO hello"]


def test_lines_without_time_or_level_and_plain_strings() -> None:
    assert render([{"event": "raw", "timestamp": None}, "older"]) == ["raw", "older"]


def test_a_line_of_several_stays_several() -> None:
    assert render([entry("one\ntwo")]) == ["2026-11-21T05:11:17.048530Z INFO one", "two"]


def test_a_token_is_struck_out() -> None:
    token = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLWhlcmU"
    assert render([entry(f"sent {token}.")]) == ["2026-11-21T05:11:17.048530Z INFO sent ***."]


def test_an_exception_is_shown_from_the_user_s_own_code_on() -> None:
    frames = [
        {"filename": "/opt/venv/lib/python3.11/site-packages/airflow/sdk/task_runner.py", "lineno": 1, "name": "run"},
        {"filename": "/opt/airflow/dags/demo.py", "lineno": 19, "name": "bad"},
        {"filename": "/opt/venv/lib/python3.11/site-packages/x.py", "lineno": 2, "name": "inner"},
    ]
    error = {"exc_type": "ValueError", "exc_value": "broken\ntwice", "exc_notes": ["a note"], "frames": frames}
    assert render([entry("Task failed", level="error", error_detail=[error])]) == [
        "2026-11-21T05:11:17.048530Z ERROR Task failed",
        "Traceback (most recent call last):",
        '  File "/opt/airflow/dags/demo.py", line 19, in bad',
        '  File "/opt/venv/lib/python3.11/site-packages/x.py", line 2, in inner',
        "ValueError: broken",
        "twice",
        "a note",
    ]


def test_an_answer_tells_whether_a_pod_s_output_is_mixed_in() -> None:
    merged = [SOURCES[0], {"event": "Found logs through kube API"}, *SOURCES[1:], entry("hello")]
    assert read_answer(merged).is_merged
    assert not read_answer([*SOURCES, entry("hello")]).is_merged
    assert not read_answer([*SOURCES, entry("Found logs through kube API")]).is_merged


def test_an_entry_has_one_text_in_a_pod_s_output_and_in_the_answer_though_its_time_differs() -> None:
    printed = entry("hello", logger="task.stdout")
    (kept,) = read_answer([*SOURCES, printed]).records
    output = read_output(json.dumps(printed | {"timestamp": "2026-11-21T05:11:17.048698Z"}))
    assert output
    assert output.text == kept.text
    assert list(output.lines()) == ["2026-11-21T05:11:17.048698Z INFO hello"]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(entry("::group::Pre Execute", logger="task")),
        json.dumps(entry("Workload finished", logger="supervisor")),
        json.dumps(entry("Using Public CAs from certifi", logger="airflow.sdk.api.client")),
        json.dumps(entry("Executing workload", logger="__main__", filename="execute_workload.py")),
        '{"timestamp":"2026-11-21T05:11:17.048530Z","event":"cut',
    ],
)
def test_what_is_not_in_a_task_s_log_is_left_out_of_its_pod_s_output(line: str) -> None:
    assert read_output(line) is None


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "5", '"quoted"'])
def test_what_a_pod_says_without_airflow_s_logging_is_kept(line: str) -> None:
    record = read_output(line)
    assert record
    assert list(record.lines()) == [line]


def test_lines_end_where_a_terminal_s_do() -> None:
    """Not at the other ends that Unicode has, which are in texts of people."""
    stamp = "2026-11-21T05:11:17.048530Z INFO "
    text = "one\u2028still\x85\x1done\ntwo\r\nthree\n"
    assert render([entry(text)]) == [f"{stamp}one\u2028still\x85\x1done", "two", "three"]
    record = read_output(json.dumps(entry("a\u2028b"), ensure_ascii=False))
    assert record
    assert record.event == "a\u2028b"
