from __future__ import annotations

from typing import Any

from airstrip.airflow_api.log_lines import render

SOURCES: list[dict[str, Any]] = [
    {"event": "::group::Log message source details"},
    {"event": "/opt/airflow/logs/dag_id=d/attempt=1.log"},
    {"event": "::endgroup::"},
]


def entry(event: str, **more: Any) -> dict[str, Any]:
    return {"timestamp": "2026-11-21T05:11:17.048530Z", "event": event, "level": "info", **more}


def test_where_the_log_came_from_and_the_ui_s_marks_are_left_out() -> None:
    content = [*SOURCES, entry("::group::Pre Execute"), entry("hello"), entry("::endgroup::")]
    assert list(render(content)) == ["2026-11-21T05:11:17.048530Z INFO hello"]


def test_lines_without_time_or_level_and_plain_strings() -> None:
    assert list(render([{"event": "raw", "timestamp": None}, "older"])) == ["raw", "older"]


def test_a_line_of_several_stays_several() -> None:
    assert list(render([entry("one\ntwo")])) == ["2026-11-21T05:11:17.048530Z INFO one", "two"]


def test_a_token_is_struck_out() -> None:
    token = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLWhlcmU"
    assert list(render([entry(f"sent {token}.")])) == ["2026-11-21T05:11:17.048530Z INFO sent ***."]


def test_an_exception_is_shown_from_the_user_s_own_code_on() -> None:
    frames = [
        {"filename": "/opt/venv/lib/python3.11/site-packages/airflow/sdk/task_runner.py", "lineno": 1, "name": "run"},
        {"filename": "/opt/airflow/dags/demo.py", "lineno": 19, "name": "bad"},
        {"filename": "/opt/venv/lib/python3.11/site-packages/x.py", "lineno": 2, "name": "inner"},
    ]
    error = {"exc_type": "ValueError", "exc_value": "broken\ntwice", "exc_notes": ["a note"], "frames": frames}
    assert list(render([entry("Task failed", level="error", error_detail=[error])])) == [
        "2026-11-21T05:11:17.048530Z ERROR Task failed",
        "Traceback (most recent call last):",
        '  File "/opt/airflow/dags/demo.py", line 19, in bad',
        '  File "/opt/venv/lib/python3.11/site-packages/x.py", line 2, in inner',
        "ValueError: broken",
        "twice",
        "a note",
    ]
