"""How `dev` and `test` call the facade, and what they print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airstrip.events import LogLine
from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]
DEV = {
    "dag": "etl",
    "run": "manual",
    "state": "success",
    "tasks": [
        {"task": "load", "map": 2, "try": 2, "state": "success", "seconds": 0.5},
        {"task": "never", "map": -1, "try": 0, "state": "skipped", "seconds": None},
    ],
    "logs": {},
    "seconds": 4.04,
    "firstTask": 3.5,
    "environment": "/cache",
}
TEST = {"folder": "/dags", "default": True, "counts": {"passed": 3, "failed": 1}, "tests": [], "seconds": 2.0}


def test_dev_hands_everything_over(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["dev"] = Result("dev", DEV)
    line = 'dev etl load --conf {"a":1} --logical-date 2026-01-31 --map 2 --mark-success x --mark-success y'
    outcome = airstrip(*line.split(), "--env", "e.env", "--dags", "d", "-f", "prod.yaml")
    ((_, positional, named),) = facade.calls
    assert (positional[0], positional[1], positional[2]) == ("etl", "load", {"a": 1})
    assert named == {
        "logical_date": "2026-01-31",
        "map_index": 2,
        "mark_success": ["x", "y"],
        "env": Path("e.env"),
        "dags": Path("d"),
    }
    assert facade.file == Path("prod.yaml")
    assert outcome.out.splitlines() == [
        "etl: success  4.0 s, the first task after 3.5 s",
        "  load[2]  success  0.5 s  2 tries",
        "  never    skipped",
    ]


def test_a_run_that_did_not_succeed_is_exit_code_3(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["dev"] = Result("dev", {**DEV, "state": "failed"}, [], 3)
    assert airstrip("dev", "etl").code == 3


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ("test", ()),
        ("test tests/test_a.py -k empty -x", ("tests/test_a.py", "-k", "empty", "-x")),
        ("test -q --maxfail=2 tests", ("-q", "--maxfail=2", "tests")),
        ("test -- --help", ("--help",)),
    ],
)
def test_pytest_gets_its_own_arguments(airstrip: Airstrip, facade: Facade, line: str, passed: tuple[str, ...]) -> None:
    facade.answers["test"] = Result("test", TEST)
    airstrip(*line.split(), "-f", "prod.yaml") if "--help" not in line else airstrip(*line.split())
    ((_, positional, named),) = facade.calls
    assert tuple(positional[0]) == passed
    assert named["color"] is False


def test_what_pytest_prints_stands_as_it_is(airstrip: Airstrip, facade: Facade) -> None:
    def say(_: Any, emit: Callable[[LogLine], None], **__: Any) -> Any:
        emit(LogLine("", "3 passed"))
        return Result("test", TEST)

    facade.answers["test"] = say
    lines = airstrip("test").out.splitlines()
    assert lines == ["3 passed", "There are no tests; Airstrip's own checks: 3 passed, 1 failed  2.0 s"]


def test_the_upgrade_check_is_another_question(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["upgrade_check"] = Result(
        "test --upgrade-check", {"folder": "/dags", "airflow": "3.3.2", "deprecations": []}
    )
    outcome = airstrip("test", "--upgrade-check")
    assert outcome.out == "/dags: nothing to change for what comes after Airflow 3.3.2\n"
    refused = airstrip("test", "--upgrade-check", "-x")
    assert refused.code == 2
    assert "[usage.wrong-command-line]" in refused.err
    assert [name for name, *_ in facade.calls] == ["upgrade_check"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("dev etl --serve", "DAG"),
        ("dev --serve --conf {}", "--conf"),
        ("dev etl load --serve --map 0 --mark-success x", "DAG, TASK, --map, --mark-success"),
        ("dev --serve --logical-date 2026-01-31", "--logical-date"),
        ("dev --password --serve", "--serve"),
        ("dev etl --password --env e --dags d --port 9000", "DAG, --port, --env, --dags"),
        ("dev etl --port 9000", "--port"),
    ],
)
def test_what_would_be_ignored_is_refused_by_name(airstrip: Airstrip, facade: Facade, line: str, named: str) -> None:
    outcome = airstrip(*line.split())
    assert outcome.code == 2
    assert "[usage.wrong-command-line]" in outcome.err
    assert f": {named}  [" in outcome.err
    assert facade.calls == []


def test_what_serving_and_its_password_take(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers |= {"serve": KeyboardInterrupt(), "serve_password": "made-up"}
    options = ["--port", "9000", "--env", "e.env", "--dags", "d", "-f", "prod.yaml", "--json"]
    outcome = airstrip("dev", "--serve", *options)
    assert outcome.code == 130
    ((name, _, named),) = facade.calls
    assert (name, named) == ("serve", {"port": 9000, "env": Path("e.env"), "dags": Path("d")})
    assert airstrip("dev", "--password", "-f", "prod.yaml").out == "made-up\n"


def test_the_password_s_document_is_not_that_of_a_run(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["serve_password"] = "made-up"
    document = airstrip("dev", "--password", "--json").document
    assert (document["verb"], document["data"]) == ("dev --password", {"password": "made-up"})
