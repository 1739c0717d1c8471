"""The wait for Airflow's first look at the user's files."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.airflow_api import AirflowClient, Dag, DagImportError
from airstrip.errors import AirflowError
from airstrip.events import Event, Warned
from airstrip.operations.dag_files import await_first_parse, known_import_errors

SOURCE = "from airflow.sdk import DAG\n"


@dataclass
class Airflow:
    """Reads one file more, in their order, each time that it is asked; one that begins with `x` cannot be imported."""

    files: list[str]
    read: int = 0
    built_in: bool = True
    waited: float = 0.0
    fails: AirflowError | None = None
    asked: list[int] = field(default_factory=list)

    def dags(self) -> list[Dag]:
        self.asked.append(self.read)
        self._fail()
        built_in = [Dag("smoke", False, False, "airstrip", "smoke.py", None, (), False)]
        mine = [Dag(name, False, False, "main", name, None, (), False) for name in self._known("d")]
        return built_in + mine

    def import_errors(self) -> list[DagImportError]:
        self._fail()
        errors = [DagImportError(name, "main", None, "Error") for name in self._known("x")]
        self.read += 1
        return errors

    def _known(self, first: str) -> list[str]:
        return [name for name in self.files[: self.read] if Path(name).name.startswith(first)]

    def _fail(self) -> None:
        if self.fails:
            raise self.fails

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


def go(monkeypatch: pytest.MonkeyPatch, airflow: Airflow, folder: Path | None) -> None:
    clock = SimpleNamespace(sleep=airflow.sleep, monotonic=lambda: airflow.waited)
    monkeypatch.setattr(import_module("airstrip.operations.dag_files"), "time", clock)
    await_first_parse(cast(AirflowClient, airflow), folder)


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SOURCE)


def test_each_file_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill(tmp_path, "d1.py", "team/d2.py", "x3.py")
    airflow = Airflow(["d1.py", "team/d2.py", "x3.py"])
    go(monkeypatch, airflow, tmp_path)
    assert airflow.asked == [0, 1, 2, 3]


def test_what_airflow_has_heard_of_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill(tmp_path, "d1.py", "d2.py")
    airflow = Airflow(["d1.py", "d2.py"], read=1)
    go(monkeypatch, airflow, tmp_path)
    go(monkeypatch, airflow, None)
    assert airflow.waited == 0


def test_files_without_a_dag_are_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill(tmp_path, ".git/d1.py", "__pycache__/d2.py", "d3.txt")
    (tmp_path / "helper.py").write_text("import airflow\n")
    for folder in (tmp_path, tmp_path / "missing"):
        airflow = Airflow([])
        go(monkeypatch, airflow, folder)
        assert airflow.waited == 0


def test_a_file_that_is_never_heard_of_is_waited_for_a_little(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill(tmp_path, "helper.py")
    airflow = Airflow([])
    go(monkeypatch, airflow, tmp_path)
    assert 5 <= airflow.waited < 6


AWAY = AirflowError("airflow.unreachable", "Airflow cannot be reached")
FORBIDDEN = AirflowError("airflow.forbidden", "not allowed")


def test_an_airflow_that_is_away_just_now_does_not_fail_what_has_landed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(tmp_path, "d1.py")
    airflow = Airflow(["d1.py"], fails=AWAY)
    go(monkeypatch, airflow, tmp_path)
    assert 5 <= airflow.waited < 6
    events: list[Event] = []
    assert known_import_errors(cast(AirflowClient, airflow), events.append) == []
    (warning,) = events
    assert isinstance(warning, Warned)
    assert (warning.code, AWAY.message in warning.message) == ("airflow.unreachable", True)


def test_one_that_refuses_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    airflow = Airflow([], fails=FORBIDDEN)
    with pytest.raises(AirflowError, match="not allowed"):
        go(monkeypatch, airflow, tmp_path)
    with pytest.raises(AirflowError, match="not allowed"):
        known_import_errors(cast(AirflowClient, airflow), lambda _: None)


def test_files_that_cannot_be_imported_are_known() -> None:
    airflow = Airflow(["x1.py"], read=1)
    errors = known_import_errors(cast(AirflowClient, airflow), lambda _: None)
    assert [error["file"] for error in errors] == ["x1.py"]
