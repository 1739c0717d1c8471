"""When Airflow has read what was pushed: all that the files define, and nothing that they define no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.operations.dags_seen import is_seen

OLD, NEW = "a" * 40, "b" * 40


def airflow(versions: dict[str, str], broken: tuple[str, ...] = ()) -> AirflowClient:
    dags = [
        SimpleNamespace(dag_id=name, bundle_name="main", version=version, has_import_errors=name in broken)
        for name, version in versions.items()
    ]
    built_in = SimpleNamespace(dag_id="smoke", bundle_name="airstrip", version=None, has_import_errors=False)
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
