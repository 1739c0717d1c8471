"""What ruff finds of an earlier Airflow, with the real ruff."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

from airstrip.dags import Removed, find_outdated, find_removed
from airstrip.dags.removed import IN_TEMPLATES

OLD = """\
from airflow import DAG
from airflow.utils.dates import days_ago

with DAG(
    "old",
    schedule_interval="@daily",
    start_date=days_ago(1),  # noqa
):
    pass
"""


def test_what_airflow_3_removed_is_named_with_its_line_and_what_to_write_instead(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "old.py").write_text(OLD)
    (tmp_path / "new.py").write_text("from airflow.sdk import DAG\nDAG('d', schedule='@daily')\n")
    found = find_removed(tmp_path)
    message, fix = "`schedule_interval` is removed in Airflow 3.0", "Use `schedule` instead"
    assert Removed("sub/old.py", 6, message, fix, "AIR301") in found
    assert {each.file for each in found} == {"sub/old.py"}
    assert found[0].name == "schedule_interval"


def test_a_word_for_linters_hides_nothing_and_what_ruff_leaves_open_has_a_fix_too(tmp_path: Path) -> None:
    contrib = "from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator\n"
    (tmp_path / "old.py").write_text(OLD.replace('"@daily",', '"@daily",  # noqa'))
    (tmp_path / "pod.py").write_text(f"{contrib}\nKubernetesPodOperator()  # noqa: AIR301\n")
    assert {(each.file, each.line): each.fix for each in find_removed(tmp_path)} == {
        ("old.py", 6): "Use `schedule` instead",
        (
            "old.py",
            7,
        ): "Write a fixed date instead: datetime(2026, 1, 1), or pendulum.today('UTC').add(days=-1)",
        ("pod.py", 3): "Import it from airflow.providers.cncf.kubernetes.operators.pod",
    }


def test_a_file_that_is_no_python_and_a_folder_s_own_settings_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "old.py").write_text(OLD.replace("  # noqa", ""))
    (tmp_path / "pyproject.toml").write_text('[tool.ruff]\nexclude = ["old.py"]\n')
    (tmp_path / ".gitignore").write_text("old.py\n")
    assert {each.file for each in find_removed(tmp_path)} == {"old.py"}


def test_what_airflow_3_takes_for_now_is_asked_for_apart(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("from airflow.decorators import task\n\n\n@task\ndef one():\n    return 1\n")
    assert find_removed(tmp_path) == ()
    (found,) = find_outdated(tmp_path)
    assert (found.file, found.line, found.rule) == ("old.py", 4, "AIR311")
    assert "airflow.sdk" in found.fix


def test_for_each_name_that_is_looked_for_in_templates_there_is_something_to_write_instead() -> None:
    program = ast.parse((files("airstrip.dags") / "program" / "template_names.py").read_text())
    (names,) = (
        ast.literal_eval(node.value)
        for node in program.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_REMOVED"
    )
    assert list(names) == list(IN_TEMPLATES)
