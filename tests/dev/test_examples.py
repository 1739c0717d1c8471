"""The examples on an author's machine: written by init from a clone, run by the fixtures of `airstrip test`."""

from __future__ import annotations

from tests.dev.conftest import Author

NAMES = ("database", "isolation", "mapping", "retries", "sensor", "smoke")
TESTS = """
import pytest


@pytest.mark.parametrize("name", ["database", "sensor", "smoke"])
def test_it_runs_without_a_cluster(run_dag, name):
    ended = run_dag(f"example_{name}")
    assert ended.state == "success", ended


def test_retries(run_dag):
    ended = run_dag("example_retries")
    assert ended.states == {"flaky": "success", "broken": "failed", "tell": "success"}


def test_mapping(run_dag):
    ended = run_dag("example_mapping")
    assert sum(name.startswith("square[") for name in ended.states) == 100
    assert ended.xcom("total") == 338350


def test_isolation(run_dag):
    assert run_dag("example_isolation").states == {"look": "skipped"}
"""


def test_examples_that_make_no_pods_run_here(author: Author) -> None:
    file = "examples/airstrip.yaml"
    author.write({"examples/dev.env": f"DATABASE_URL=sqlite:///{author.project}/examples/shop.db\n"})
    words = [word for name in NAMES for word in ("--example", name)]
    written = author.document("init", *words, "-f", file, code=0)["data"]["written"]
    assert set(written) >= {file, *(f"examples/dags/example_{name}.py" for name in NAMES)}
    author.write({"examples/tests/test_examples.py": TESTS})
    document = author.document("test", "-f", file, code=0)
    assert document["data"]["counts"]["passed"] == 6, document["data"]
