"""`dags list` and `dags check`: their tables, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airstrip.cli.present_dags import present_list
from airstrip.findings import Finding
from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]
RUN = {"run": "manual__1", "state": "success", "started": "2026-11-21T05:11:13.1Z"}


def dag(name: str, **more: Any) -> dict[str, Any]:
    found = {"dag": name, "bundle": "main", "version": None, "file": "a.py", "paused": False, "schedule": None}
    return {**found, "importError": False, "lastRun": None, **more}


def defect(level: str, file: str, **more: Any) -> dict[str, Any]:
    words = {"code": "dags.import-error", "message": "it cannot be imported", "cause": "Why.", "fix": "Mend it."}
    return {"level": level, "file": file, "line": 3, "dag": "", "task": "", "evidence": "", **words, **more}


DAGS = [dag("etl", schedule="@daily", lastRun=RUN), dag("once", paused=True), dag("gone", importError=True)]
ERROR = {"file": "bad.py", "bundle": "main", "line": 7, "message": "NameError: x"}


def test_list_is_a_table_with_schedules_and_last_runs(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["dags"] = Result("dags list", {"name": "mine", "dags": DAGS, "importErrors": [ERROR]})
    done = airstrip("dags", "list")
    assert done.code == 0
    assert done.out.splitlines() == [
        "mine: 3 DAGs, 1 file cannot be imported",
        "  etl   @daily               success             2026-11-21 05:11",
        "  once  no schedule, paused  never ran",
        "  gone  no schedule          cannot be imported",
        "",
        "cannot be imported",
        "  bad.py:7: NameError: x",
    ]
    assert facade.calls[-1] == ("dags", (), {"bundle": None, "only_errors": False, "built_in": False})


def test_list_shows_bundles_where_there_are_several_and_short_versions(airstrip: Airstrip, facade: Facade) -> None:
    rows = [dag("a", version="sha256:fedcba9876543210"), dag("b", bundle="git", version="0123456789abcdef")]
    facade.answers["dags"] = Result("dags list", {"name": "mine", "dags": rows, "importErrors": []})
    done = airstrip("dags", "list", "--bundle", "git", "--all")
    assert done.out.splitlines()[1:] == [
        "  a  main@fedcba98  no schedule  never ran",
        "  b  git@01234567   no schedule  never ran",
    ]
    assert facade.calls[-1][2] == {"bundle": "git", "only_errors": False, "built_in": True}


@pytest.mark.parametrize(("length", "rows"), [(20, 1), (38, 1), (60, 2)])
def test_a_long_name_makes_no_line_longer_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, length: int, rows: int
) -> None:
    monkeypatch.setattr("airstrip.cli.present_dags.fits", lambda lines, _: all(len(line) <= 80 for line in lines))
    found = [dag("d" * length, bundle="one", lastRun=RUN, schedule="0 5 * * 1-5"), dag("e", bundle="two")]
    lines = present_list({"name": "mine", "dags": found[:1] if rows == 2 else found, "importErrors": []})
    assert max(map(len, lines)) <= 80
    assert len(lines) == 1 + (rows if rows == 2 else 2)


def test_on_eighty_columns_the_revision_that_is_live_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip.cli.present_dags.fits", lambda lines, _: all(len(line) <= 80 for line in lines))
    more: dict[str, Any] = {"version": "aaceade1" * 5, "lastRun": RUN, "schedule": "@daily", "paused": True}
    names = ("sales_daily_report", "customer_orders_export")
    lines = present_list({"name": "mine", "dags": [dag(name, **more) for name in names], "importErrors": []})
    assert lines[1:] == [
        "  sales_daily_report      main@aaceade1  @daily, paused  success",
        "  customer_orders_export  main@aaceade1  @daily, paused  success",
    ]
    for length in (45, 70):
        lines = present_list({"name": "mine", "dags": [dag("d" * length, **more)], "importErrors": []})
        assert max(map(len, lines)) <= 80
        assert any("main@aaceade1" in line and "success" in line for line in lines)


def test_check_is_one_table_without_the_findings_a_second_time(airstrip: Airstrip, facade: Facade) -> None:
    rows = [defect("broken", "a.py", evidence="trace\nNameError: x"), defect("warning", "b.py", line=None)]
    data = {"path": "/dags", "airflow": "3.3.2", "files": 2, "dags": 1, "defects": rows, "seconds": 1.0, "name": "mine"}
    facade.answers["check_dags"] = Result("dags check", data, [Finding("dags.import-error", "s", "c", "f")], 3)
    done = airstrip("dags", "check", "other")
    assert done.code == 3
    assert done.out.splitlines() == [
        "/dags: 1 DAG in 2 files, read by Airflow 3.3.2, 1 broken, 1 warning",
        "",
        "broken a.py:3: it cannot be imported  [dags.import-error]",
        "  cause: Why.",
        "  fix:   Mend it.",
        "  | trace",
        "  | NameError: x",
        "",
        "warning b.py: it cannot be imported  [dags.import-error]",
        "  cause: Why.",
        "  fix:   Mend it.",
    ]
    assert facade.calls[-1][1][0] == Path("other")
    assert airstrip("dags", "check", "--json").document["findings"][0]["code"] == "dags.import-error"


def test_check_of_good_files_says_so(airstrip: Airstrip, facade: Facade) -> None:
    data = {"path": "/dags", "airflow": "3.3.2", "files": 1, "dags": 1, "defects": [], "seconds": 1.0, "name": "mine"}
    facade.answers["check_dags"] = Result("dags check", data)
    assert (
        airstrip("dags", "check").out == "/dags: 1 DAG in 1 file, read by Airflow 3.3.2, nothing is wrong with them\n"
    )


def test_up_takes_broken_files_by_force(airstrip: Airstrip, facade: Facade) -> None:
    airstrip("up", "--yes", "--force")
    assert facade.calls[-1][2]["force"] is True
    airstrip("up", "--yes")
    assert facade.calls[-1][2]["force"] is False
