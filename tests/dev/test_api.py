"""The in-process API of `dev` has the newest versions only; where Airflow's inner parts do not let it, it is whole.

By `airstrip test`, in whose environment Airflow is. Each case runs a DAG by what came of it.
"""

from __future__ import annotations

import pytest

from tests.dev.conftest import Author

pytestmark = pytest.mark.slow
"""Ten runs of a DAG; that the newest versions serve one, whatever else is run here proves."""

FILE = """
apiVersion: airstrip/v1
name: api
dags: {path: ../project/dags}
airflow: {env: {REGION: north}}
"""
TESTS = """
import cadwyn
import pytest
from airflow.api_fastapi.execution_api import versions
from airflow.sdk.api.datamodels import _generated
from airflow.sdk.execution_time.supervisor import in_process_api_server
from airstrip_dev import api

WHOLE = versions.bundle
REAL = cadwyn.VersionBundle


@pytest.fixture
def anew():
    "As a process in which nobody has asked yet."
    for change in WHOLE._version_changes_to_version_mapping:
        change._bound_version_bundle = WHOLE
    versions.bundle = WHOLE
    api.warm_up.cache_clear()
    in_process_api_server.cache_clear()


def made():
    return list(in_process_api_server().app.router.versioned_routers)


def runs(run_dag):
    ended = run_dag("course", conf={"day": "monday"})
    return ended.state == "success" and ended.xcom("double", index=1) == 4


def test_newest(anew, run_dag):
    assert made() == [version.value for version in WHOLE.versions[:3]]
    assert runs(run_dag)


def refuses(*_):
    raise TypeError("other arguments")


def refuses_late(head, *some):
    some[0].changes[0]._bound_version_bundle = object()
    raise TypeError("bound twice")


def lacks_routes(head, newest, before, oldest):
    "What is old in the newest one, nobody brings back: cadwyn refuses it when the API is made."
    return REAL(head, newest, cadwyn.Version(before.value))


def knows_another(head, newest, before, oldest):
    "It is made, and does not know the version of tasks."
    return REAL(head, cadwyn.Version("1999-01-01"))


@pytest.fixture(params=[refuses, refuses_late, lacks_routes, knows_another])
def another_cadwyn(anew, request, monkeypatch):
    monkeypatch.setattr(cadwyn, "VersionBundle", request.param)


@pytest.fixture(params=["a version", "a module"])
def another_airflow(anew, request, monkeypatch):
    if request.param == "a version":
        monkeypatch.setattr(_generated, "API_VERSION", WHOLE.versions[1].value)
    else:
        monkeypatch.delattr(cadwyn, "HeadVersion")


def is_whole():
    changes = WHOLE._version_changes_to_version_mapping
    assert versions.bundle is WHOLE
    assert {change._bound_version_bundle for change in changes} == {WHOLE}
    assert made() == [version.value for version in WHOLE.versions]
    return True


def test_other_cadwyn(another_cadwyn, run_dag):
    assert is_whole()
    assert runs(run_dag)


def test_other_airflow(another_airflow, run_dag):
    assert is_whole()
    assert runs(run_dag)


def test_answers_with_an_error(anew, monkeypatch, request):
    real, asked = api._ask, []

    def ask():
        real()
        asked.append(made())
        if len(asked) == 1:
            raise ValueError("500")

    monkeypatch.setattr(api, "_ask", ask)
    run_dag = request.getfixturevalue("run_dag")
    assert [len(each) for each in asked] == [3, len(WHOLE.versions)]
    assert is_whole()
    assert runs(run_dag)
"""


def test_the_newest_versions_or_the_whole(author: Author) -> None:
    # Beside the author's project, whose tests these are not.
    author.write({"../api/airstrip.yaml": FILE, "../api/tests/test_api.py": TESTS})
    document = author.document(
        "test", "tests/test_api.py", "-f", "../api/airstrip.yaml", code=0, AIRFLOW_VAR_COLOUR="red"
    )
    outcomes = {each["test"].partition("::")[2]: each["outcome"] for each in document["data"]["tests"]}
    assert len(outcomes) == 8
    assert set(outcomes.values()) == {"passed"}
