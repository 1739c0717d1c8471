"""`dags list` and `dags check` on the landing: one of each defect, named with file and line by the real Airflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.operations import Session
from tests.defects import BROKEN, MISSING, write_defects
from tests.landing import Landing, eventually

SECRET = "hunter2-of-a-variable"


@pytest.fixture
def secret_variable(airflow: AirflowClient) -> Iterator[str]:
    """One that Airflow hides, and one that it does not."""
    values = airflow.values
    # Airflow strikes the one's value out wherever it stands, so the other has another.
    texts = {"dags_check_password": SECRET, "dags_check_open": "of-everybody"}
    for name, text in texts.items():
        values.delete_variable(name)
        values.add_variable(name, text)
    yield SECRET
    for name in texts:
        values.delete_variable(name)


def check(landing: Landing, folder: Path) -> dict[str, Any]:
    done = landing.airstrip("dags", "check", str(folder), "--json")
    assert SECRET not in done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["exitCode"] == done.returncode
    return document


def test_each_defect_is_named_with_its_file_and_line(
    landing: Landing, secret_variable: str, session: Session, tmp_path: Path
) -> None:
    write_defects(tmp_path, "slow.py")
    document = check(landing, tmp_path)
    assert document["exitCode"] == 3, document["errors"]
    rows = document["data"]["defects"]
    assert {(row["file"], row["line"]): row["code"] for row in rows if row["level"] == "broken"} == BROKEN
    missing = [row for row in rows if row["level"] == "missing"]
    assert len(missing) == len(MISSING)
    for (file, line, name), code in MISSING.items():
        (row,) = (row for row in missing if f" {name}" in row["message"])
        assert (row["file"], row["line"], row["code"]) == (file, line, code)
    (hidden,) = (row for row in rows if row["level"] == "warning")
    assert (hidden["file"], hidden["line"], hidden["code"]) == ("hidden.py", 2, "dags.not-checked")
    assert [row["level"] for row in rows] == [*["broken"] * len(BROKEN), *["missing"] * len(MISSING), "warning"]
    assert all(row["cause"] and row["fix"] for row in rows)
    eventually(lambda: not pods_of_checks(session), seconds=30, what="the pod of the check is gone")


def test_good_files_are_green_and_what_they_print_and_read_does_no_harm(
    landing: Landing, secret_variable: str, tmp_path: Path
) -> None:
    tmp_path.joinpath("good.py").write_text(
        "import os, sys\nfrom airflow.sdk import Variable, dag\n"
        "value = Variable.get('dags_check_open')\nprint('{\"result\": 1}', value)\nos.write(1, b'noise')\n"
        "from lib.of_mine import name\n@dag(dag_id=name)\ndef any(): ...\nany()\n"
    )
    tmp_path.joinpath("lib").mkdir()
    tmp_path.joinpath("lib", "of_mine.py").write_text("name = 'good_' + open(__file__).readline()[:4]\n")
    document = check(landing, tmp_path)
    assert (document["exitCode"], document["data"]["defects"]) == (0, [])
    assert (document["data"]["files"], document["data"]["dags"]) == (1, 1)


def test_the_pod_has_no_secret_and_no_token(landing: Landing, tmp_path: Path) -> None:
    tmp_path.joinpath("look.py").write_text(
        "import os\nfrom airflow.sdk import DAG\n"
        "from airflow.configuration import conf\n"
        "assert not os.path.exists('/var/run/secrets/kubernetes.io'), 'a token'\n"
        "assert 'postgres' not in conf.get('database', 'sql_alchemy_conn'), 'a database'\n"
        "assert not conf.get('core', 'fernet_key'), 'a key'\n"
        "assert os.getuid() == 50000 and not os.access('/opt/airflow/venv', os.W_OK), 'rights'\n"
        "with DAG('look'): ...\n"
    )
    assert check(landing, tmp_path)["data"]["defects"] == []


def test_up_refuses_a_broken_file_before_airflow_rolls(landing: Landing, session: Session) -> None:
    broken = landing.dags / "gate_broken.py"
    before = processor(session)
    broken.write_text("from airflow.sdk import dag\nimport no_such_module_at_all\n")
    try:
        landing.write_file("airflow: {env: {GATE: '1'}}\n")
        done = landing.airstrip("up", "--yes", "--json")
        assert done.returncode == 3
        (error,) = json.loads(done.stdout)["errors"]
        assert error["code"] == "dags.broken"
        assert "gate_broken.py:2: it cannot be imported" in error["details"]
        assert processor(session) == before
        landing.ok("run", "smoke")
    finally:
        broken.unlink()
        landing.write_file()
        landing.ok("up", "--yes")
    assert processor(session) == before


def test_list_shows_dags_their_last_runs_and_broken_files(landing: Landing) -> None:
    landing.ok("run", "smoke")
    broken = landing.dags / "list_broken.py"
    try:
        broken.write_text("from airflow.sdk import dag\nimport no_such_module_at_all\n")

        def errors() -> list[dict[str, Any]]:
            return list(landing.data("dags", "list", "--errors")["importErrors"])

        eventually(lambda: bool(errors()), seconds=60, what="the import error is known")
        (error,) = errors()
        assert (error["file"], error["bundle"], error["line"]) == ("list_broken.py", "main", 2)
        assert error["message"] == "ModuleNotFoundError: No module named 'no_such_module_at_all'"
    finally:
        broken.unlink()
    assert "smoke" not in [row["dag"] for row in landing.data("dags", "list")["dags"]]
    (smoke,) = (row for row in landing.data("dags", "list", "--all")["dags"] if row["dag"] == "smoke")
    assert (smoke["bundle"], smoke["lastRun"]["state"]) == ("airstrip", "success")
    assert landing.airstrip("dags", "list", "--bundle", "no").returncode == 2
    assert max(map(len, landing.ok("dags", "list", "--all").splitlines())) <= 80


def pods_of_checks(session: Session) -> list[dict[str, Any]]:
    workers = session.spec.namespaces.workers
    return session.cluster.list("v1", "Pod", workers, label_selector="airstrip.dev/dags-check")


def processor(session: Session) -> object:
    found = session.cluster.get("apps/v1", "Deployment", "dag-processor", session.spec.namespaces.control)
    assert found
    return found["spec"]["template"]
