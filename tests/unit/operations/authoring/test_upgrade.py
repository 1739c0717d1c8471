"""What the next Airflow will not take: ruff's answer and Airflow's own warnings become one list."""

from __future__ import annotations

from pathlib import Path

from airstrip.dags import Removed
from airstrip.operations.authoring.upgrade import by_rule, in_templates, merge, read_warnings

DAGS = Path("/home/ada/dags")
_MOVED = "`airflow.operators.bash.BashOperator` is deprecated and moved into `standard` provider in Airflow 3.0"


def warning(message: str, line: int = 2, file: str = "old.py") -> dict[str, object]:
    return {"file": f"/home/ada/dags/{file}", "line": line, "rule": "DeprecatedImportWarning", "message": message}


def test_a_rule_has_its_fix_or_where_to_read_of_it() -> None:
    moved, gone = by_rule([Removed("old.py", 8, _MOVED, "Use X", "AIR312"), Removed("old.py", 7, "gone", "", "AIR301")])
    assert moved == {"rule": "AIR312", "file": "old.py", "line": 8, "message": _MOVED, "fix": "Use X"}
    assert "release notes" in gone["fix"]


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


def test_a_name_that_templates_have_no_longer_is_told_as_dags_check_tells_it() -> None:
    """Of the rest that templates name, a cluster knows whether it is there."""
    removed = {"kind": "template", "name": "next_ds", "where": "bash_command", "task": "t", "line": 9}
    nowhere = {"kind": "template", "name": "conf", "where": "sql", "task": "u", "line": None}
    variable = {"kind": "variable", "name": "v", "where": "sql", "task": "u", "line": 7}
    found = in_templates([{"file": "old.py", "dag": "d", "line": None, "names": [removed, nowhere, variable]}])
    assert [(each["rule"], each["line"], each["message"]) for each in found] == [
        ("dags.removed", 1, "templates of Airflow 3 have no conf, which d.u (sql) uses"),
        ("dags.removed", 9, "templates of Airflow 3 have no next_ds, which d.t (bash_command) uses"),
    ]
    assert found[1]["fix"].startswith("Write macros.ds_add(ds, 1) instead")


def test_what_both_name_is_there_once_and_all_is_in_the_order_of_places() -> None:
    rules = by_rule([Removed("old.py", 8, _MOVED, "Use X", "AIR312")])
    text = "The `airflow.operators.bash.BashOperator` attribute is deprecated. Please use it."
    said = read_warnings([warning(text), warning(text, file="other.py"), warning("`a.b` is deprecated.", 1)], DAGS)
    assert [(each["file"], each["line"]) for each in merge(rules, said)] == [
        ("old.py", 1),
        ("old.py", 8),
        ("other.py", 2),
    ]
