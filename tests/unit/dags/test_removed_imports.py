"""An import of what Airflow 3 removed is told once: by ruff's real words, and Python's of a package that lacks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airstrip.dags import Defect, find_defects, find_removed
from airstrip.dags.facts import ParsedFile, ParseError
from tests.unit.dags.making import facts

POD = "from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator"
DAYS = "from airflow.utils.dates import days_ago"
FIXED = "Write a fixed date instead: datetime(2026, 1, 1), or pendulum.today('UTC').add(days=-1)."


def told(folder: Path, text: str) -> list[Defect]:
    """Of a file, where Airflow is a package that has no more than a part of it has."""
    dags, package = folder / "dags", folder / "there" / "airflow" / "utils"
    for each in (dags, package):
        each.mkdir(parents=True)
    (dags / "a.py").write_text(text)
    for each in (package, package.parent):
        (each / "__init__.py").write_text("DAG = dict\n")
    done = subprocess.run(
        [sys.executable, dags / "a.py"], env={"PYTHONPATH": str(folder / "there")}, capture_output=True, text=True
    )
    error = ParseError("a.py", "import", done.stderr, 1)
    return find_defects(facts(ParsedFile("a.py", errors=(error,)), removed=find_removed(dags)))


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (f"{POD}\nKubernetesPodOperator()\nKubernetesPodOperator()\n", "cncf.kubernetes.operators.pod."),
        ("import airflow.contrib.hooks.ssh_hook as ssh\nssh.SSHHook()\n", "airflow.providers.ssh.hooks.ssh."),
        (f"{DAYS}\nA = days_ago(1)\nB = days_ago(2)\n", FIXED),
        ("from airflow.utils import dates\nA = dates.days_ago(1)\n", FIXED),
        ("from airflow.contrib.sensors.none_such import A\nA()\n", "airflow.providers.standard."),
    ],
)
def test_the_import_is_told_where_it_stands_and_nothing_besides(tmp_path: Path, text: str, fix: str) -> None:
    (defect,) = told(tmp_path, text)
    assert (defect.code, defect.level, defect.place) == ("dags.removed", "broken", "a.py:1")
    assert defect.fix.endswith(fix)


def test_what_the_import_does_not_bring_is_told_besides(tmp_path: Path) -> None:
    hook = "from airflow.contrib.hooks.gcs_hook import GoogleCloudStorageHook"
    first, *besides = told(tmp_path, f"{POD}\n{hook}\nGoogleCloudStorageHook()\nKubernetesPodOperator()\n")
    assert (first.place, first.fix) == ("a.py:1", "Import it from airflow.providers.cncf.kubernetes.operators.pod.")
    assert [(each.level, each.fix) for each in besides] == [
        ("warning", "Import it from airflow.providers.google.cloud.hooks.gcs."),
    ]
    assert "another reason" not in besides[0].cause


def test_another_error_explains_nothing_of_it(tmp_path: Path) -> None:
    first, besides = told(tmp_path, f"import pandas_of_nobody\n{DAYS}\nA = days_ago(1)\n")
    assert (first.code, first.level) == ("dags.missing-package", "broken")
    assert (besides.code, besides.level, besides.place) == ("dags.removed", "warning", "a.py:3")
