"""When Airflow has read what was pushed: all that the files define, and nothing that they define no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import AirflowClient, Dag
from airstrip.operations.dags_seen import defined_still, is_seen

OLD, NEW = "a" * 40, "b" * 40


def dag(name: str, version: str | None, **more: Any) -> Dag:
    plain = {"is_paused": False, "is_stale": False, "bundle_name": "main", "description": None, "tags": ()}
    own = {"dag_id": name, "file": f"{name}.py", "has_import_errors": False, "version": version}
    return Dag(**{**plain, **own, **more})


def airflow(versions: dict[str, str], broken: tuple[str, ...] = ()) -> AirflowClient:
    dags = [dag(name, version, has_import_errors=name in broken) for name, version in versions.items()]
    built_in = dag("smoke", None, bundle_name="airstrip")
    errors = [SimpleNamespace(bundle_name="main") for _ in broken]
    return cast(AirflowClient, SimpleNamespace(dags=lambda: [built_in, *dags], import_errors=lambda: errors))


@pytest.mark.parametrize(
    ("versions", "broken", "seen"),
    [
        ({"one": NEW}, (), False),
        ({"one": NEW, "two": OLD}, (), False),
        ({"one": NEW, "two": OLD}, ("two",), False),
        ({"one": NEW, "two": NEW}, (), True),
        ({"one": NEW, "two": NEW, "renamed since": OLD}, (), True),
    ],
    ids=["a new file is waited for", "and a changed one", "and one that was mended", "all", "a former name is not"],
)
def test_what_a_check_found_is_waited_for(versions: dict[str, str], broken: tuple[str, ...], seen: bool) -> None:
    assert is_seen(airflow(versions, broken), NEW, frozenset({"one", "two"})) is seen


@pytest.mark.parametrize(
    ("versions", "broken", "seen"),
    [({}, (), False), ({"one": OLD}, (), False), ({"one": NEW, "two": OLD}, ("two",), True), ({"one": NEW}, (), True)],
)
def test_unchecked_files_are_read_when_no_dag_is_of_another_revision(
    versions: dict[str, str], broken: tuple[str, ...], seen: bool
) -> None:
    assert is_seen(airflow(versions, broken), NEW) is seen


BEFORE, THEN, NOW = "2026-11-21T09:59:00Z", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00.8Z"


@pytest.mark.parametrize(
    ("former", "still"),
    [
        (dag("former", OLD, file="a.py", last_parsed=BEFORE), False),
        (dag("former", OLD, file="b.py", last_parsed=BEFORE), True),
        (dag("former", OLD, file="a.py", last_parsed=THEN), True),
        (dag("former", OLD, file="a.py", last_parsed=BEFORE, bundle_name="other"), True),
    ],
    ids=["renamed in its file", "of a file that was not read again", "beside the other", "of another bundle"],
)
def test_a_dag_that_its_file_does_not_define_any_more_says_nothing(former: Dag, still: bool) -> None:
    """Airflow takes it away a minute or two later."""
    new = dag("new", NEW, file="a.py", last_parsed=NOW)
    assert defined_still([former, new]) == ([former, new] if still else [new])
