"""The plugin in a pytest of its own with a real Airflow, as somebody's tests would have it who knows no Airstrip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
DAG = """
import os
from datetime import timedelta
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, task
from airstrip_pods import open_data, project

with DAG("sales", schedule=None):

    @task(**project("sales").task)
    def write(params=None):
        with open_data("sales", "out.txt", "w") as file:
            file.write(os.environ["AIRSTRIP_PROJECT"])
        return "written"

    pod = KubernetesPodOperator(task_id="pod", image="busybox", **project("sales").operator)
    pod.retry_delay = timedelta(minutes=3)
    write() >> pod
"""
TESTS = """
import os
from datetime import timedelta
import pytest
from airstrip_pods import open_data


def test_a_run(dagbag, run_dag):
    assert dagbag.import_errors == {}
    ended = run_dag("sales", mark_success=["pod"])
    assert (ended.state, ended.xcom("write")) == ("success", "written")
    assert "AIRSTRIP_PROJECT" not in os.environ
    with open_data("sales", "out.txt", "r") as file:
        assert file.read() == "sales"


def test_a_pod(run_dag):
    ended = run_dag("sales")
    assert ended.states == {"write": "success", "pod": "failed"}
    assert repr(ended) == "Ended(failed: pod failed, write success)"


def test_afterwards_all_is_as_it_was(dagbag):
    pod = dagbag.dags["sales"].get_task("pod")
    assert pod.retry_delay == timedelta(minutes=3)
    with pytest.raises(Exception) as raised:
        pod.execute({})
    assert "there is no cluster here" not in str(raised.value)


def test_none(run_dag):
    with pytest.raises(LookupError, match="There is no DAG stock. There are: sales"):
        run_dag("stock")
"""


def test_dags_are_read_and_run_by_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sales.py").write_text(DAG)
    (tmp_path / "test_sales.py").write_text(TESTS)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "PYTEST_"))},
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "AIRSTRIP_DATA_URL": (tmp_path / "data").as_uri(),
        "PYTHONPATH": str(SOURCE),
    }
    run([sys.executable, "-m", "airflow", "db", "migrate"], tmp_path, environment)
    options = ["-p", "airstrip_pods.testing", "-p", "no:cacheprovider", "-q", "test_sales.py"]
    assert "4 passed" in run([sys.executable, "-m", "pytest", *options], tmp_path, environment)


def test_what_dags_import_of_the_package_imports_neither_pytest_nor_airflow() -> None:
    code = "import sys, airstrip_pods, airstrip_pods.task_environment; print({'pytest', 'airflow'} & {*sys.modules})"
    assert run([sys.executable, "-c", code], SOURCE, {**os.environ, "PYTHONPATH": str(SOURCE)}) == "set()\n"


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
