"""Whether Airflow has read what was pushed, as `verify` proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import Dag
from airstrip.dags.revisions import revision_of
from airstrip.errors import AirflowError
from airstrip.operations.properties import from_push
from airstrip.operations.properties.scene import Scene
from tests.unit.operations.pushed_stand_ins import FolderVolume, opened


@dataclass
class Airflow:
    """Its own DAG was read at these times, one after the other; the user's DAG is of a revision, if there is one."""

    read: Sequence[str]
    revision: str = ""
    asked: int = 0
    silent: int = 0
    """So many times it does not answer first."""

    def dags(self) -> list[Dag]:
        if self.silent:
            self.silent -= 1
            raise AirflowError("airflow.unreachable", "it is away")
        at = self.read[min(self.asked, len(self.read) - 1)]
        self.asked += 1
        own = Dag("smoke", False, False, "airstrip", "smoke.py", None, (), False, last_parsed=at)
        users = Dag("rides", False, False, "main", "rides.py", None, (), False, version=self.revision)
        return [own, users] if self.revision else [own]

    def import_errors(self) -> list[Any]:
        return []


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_push, "opened", opened)
    for name, seconds in (("_PARSED_SECONDS", 0.05), ("_AT_WORK_SECONDS", 0.15), ("_POLL_SECONDS", 0.01)):
        monkeypatch.setattr(from_push, name, seconds)


def proof(tmp_path: Path, airflow: Airflow, *files: str) -> tuple[str, str]:
    """State and what is told, where such files were pushed."""
    folder, volume = tmp_path / "dags", FolderVolume(tmp_path / "volume")
    folder.mkdir()
    volume.root.mkdir()
    for name in files:
        (folder / name).write_text("# No DAG yet.\n")
    revision = revision_of(folder)
    volume.send(revision, folder)
    volume.switch(revision, {"revision": revision})
    if airflow.revision == "live":
        airflow.revision = revision
    scene = SimpleNamespace(session=SimpleNamespace(volume=volume), airflow=airflow, say=lambda _: None)
    found = from_push.from_push(cast(Scene, scene))
    return found.state, found.finding.symptom if found.finding else found.text


def test_a_dag_of_the_live_revision_proves_that_it_was_read(tmp_path: Path) -> None:
    assert proof(tmp_path, Airflow(["t0"], "live"), "rides.py")[0] == "proved"


def test_files_without_a_dag_do_not_apply_where_airflow_reads_others(tmp_path: Path) -> None:
    state, note = proof(tmp_path, Airflow([*["t0"] * 4, "t1"]), "notes.py")
    assert state == "not-applicable"
    assert "no DAG in the live revision" in note


def test_an_airflow_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """Its own files were read before that, and not since."""
    assert proof(tmp_path, Airflow(["t0"], "live", silent=3), "rides.py")[0] == "proved"


def test_when_it_was_away_is_no_look_of_its_own(tmp_path: Path) -> None:
    assert proof(tmp_path, Airflow(["t0"], silent=9), "rides.py")[0] == "failed"


def test_files_without_a_dag_have_failed_where_airflow_reads_nothing(tmp_path: Path) -> None:
    """A dag-processor that does not run has no DAG of theirs either."""
    state, symptom = proof(tmp_path, Airflow(["t0"]), "rides.py")
    assert state == "failed"
    assert "has not read" in symptom


def test_dags_of_another_revision_have_failed(tmp_path: Path) -> None:
    assert proof(tmp_path, Airflow(["t0", "t1"], "before"), "rides.py")[0] == "failed"


def test_a_revision_without_files_does_not_apply(tmp_path: Path) -> None:
    assert proof(tmp_path, Airflow(["t0"]))[0] == "not-applicable"
