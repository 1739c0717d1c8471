"""Delivery of DAGs, as `verify` proves it: by a file that is there for that time only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.operations.properties import delivery
from airstrip.operations.properties.scene import Scene
from airstrip.spec import Dags


@dataclass
class Folder:
    """A scene with a DAG folder, and an Airflow that sees what lies in it, or does not."""

    path: Path | None
    sees: bool = True
    has_made: bool = False
    name: str = "airstrip_verify_0123abcd"

    @property
    def session(self) -> Any:
        return SimpleNamespace(spec=SimpleNamespace(dags=Dags(path=self.path)))

    @property
    def airflow(self) -> Any:
        def dags() -> list[Any]:
            files = self.path.glob("*.py") if self.path and self.sees else ()
            return [SimpleNamespace(dag_id=file.stem) for file in files]

        return SimpleNamespace(dags=dags)

    def say(self, _: str) -> None:
        pass


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_POLL_SECONDS", 0.01)


@pytest.mark.parametrize(("sees", "state"), [(True, "proved"), (False, "failed")])
def test_a_delivered_dag_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sees: bool, state: str
) -> None:
    monkeypatch.setattr(delivery, "PROMISED_SECONDS", 0.1)
    outcome = delivery.dags(cast(Scene, Folder(tmp_path, sees)))
    assert outcome.state == state
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_delivery_does_not_apply() -> None:
    assert delivery.dags(cast(Scene, Folder(None))).state == "not-applicable"


def test_a_folder_that_is_gone_or_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    for folder in (tmp_path / "gone", tmp_path / "a-file"):
        outcome = delivery.dags(cast(Scene, Folder(folder)))
        assert (outcome.state, f"{folder}/" in outcome.text) == ("failed", True)


@pytest.mark.parametrize(("flags", "state"), [(0, "not-applicable"), (os.ST_RDONLY, "failed")])
def test_a_folder_that_is_closed_to_us_does_not_apply_but_one_that_is_read_only_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, state: str
) -> None:
    """Nothing is closed to root, and mounting is not for unit tests: what the system says stands for both."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))
    if flags:
        (tmp_path / "airstrip_verify_0123abcd.py").mkdir()
    assert delivery.dags(cast(Scene, Folder(tmp_path))).state == state


def test_what_is_begun_is_marked_as_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow keeps a row of the DAG, also where it goes away in the midst."""
    monkeypatch.setattr(delivery, "PROMISED_SECONDS", 0.1)
    folder = Folder(tmp_path)
    delivery.dags(cast(Scene, folder))
    assert folder.has_made
