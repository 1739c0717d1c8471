"""What the next Airflow will not take: ruff's answer and Airflow's own warnings become one list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airstrip.errors import AirstripError
from airstrip.operations.authoring.upgrade import merge, read_ruff, read_warnings

DAGS = Path("/home/ada/dags")
_MOVED = "`airflow.operators.bash.BashOperator` is deprecated and moved into `standard` provider in Airflow 3.0"


def ruff(*entries: tuple[str, int, str, str | None]) -> str:
    return json.dumps(
        [
            {
                "code": code,
                "filename": "/home/ada/dags/old.py",
                "location": {"row": row},
                "message": message,
                "fix": fix and {"message": fix},
                "url": f"https://example.org/{code}",
            }
            for code, row, message, fix in entries
        ]
    )


def warning(message: str, line: int = 2, file: str = "old.py") -> dict[str, object]:
    return {"file": f"/home/ada/dags/{file}", "line": line, "rule": "DeprecatedImportWarning", "message": message}


def test_ruffs_answer_has_its_fix_or_where_to_read_of_it() -> None:
    found = read_ruff(ruff(("AIR312", 8, _MOVED, "Use X"), ("AIR301", 7, "days_ago is removed", None)), DAGS)
    assert [(each["file"], each["line"], each["rule"]) for each in found] == [
        ("old.py", 8, "AIR312"),
        ("old.py", 7, "AIR301"),
    ]
    assert found[0]["fix"] == "Use X"
    assert found[1]["fix"].endswith("https://example.org/AIR301")


def test_a_warnings_last_sentence_is_the_fix() -> None:
    found = read_warnings(
        [warning("The `a.b.task` attribute is deprecated. Please use `'airflow.sdk.task'`."), warning("Gone.")], DAGS
    )
    assert (found[0]["message"], found[0]["fix"]) == (
        "The `a.b.task` attribute is deprecated.",
        "Please use `'airflow.sdk.task'`.",
    )
    assert found[1]["message"] == "Gone."
    assert found[1]["fix"]


def test_what_both_name_is_there_once_and_all_is_in_the_order_of_places() -> None:
    rules = read_ruff(ruff(("AIR312", 8, _MOVED, "Use X")), DAGS)
    text = "The `airflow.operators.bash.BashOperator` attribute is deprecated. Please use it."
    said = read_warnings([warning(text), warning(text, file="other.py"), warning("`a.b` is deprecated.", 1)], DAGS)
    assert [(each["file"], each["line"]) for each in merge(rules, said)] == [
        ("old.py", 1),
        ("old.py", 8),
        ("other.py", 2),
    ]


def test_a_ruff_that_does_not_answer() -> None:
    with pytest.raises(AirstripError) as raised:
        read_ruff("panicked", DAGS)
    assert raised.value.code == "test.ruff-failed"
    assert raised.value.details == "panicked"
