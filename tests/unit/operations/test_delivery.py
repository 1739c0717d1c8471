"""Delivery of DAGs, as `verify` proves it: by a file that is there for that time only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.operations.properties import delivery
from airstrip.operations.properties.scene import Scene


@dataclass
class Folder:
    """A scene with a DAG folder, and an Airflow that sees what lies in it, or does not."""

    path: Path | None
    sees: bool = True
    name: str = "airstrip_verify_0123abcd"

    @property
    def session(self) -> Any:
        return SimpleNamespace(spec=SimpleNamespace(dags=SimpleNamespace(path=self.path)))

    @property
    def airflow(self) -> Any:
        def dags() -> list[Any]:
            files = self.path.glob("*.py") if self.path and self.sees else ()
            return [SimpleNamespace(dag_id=file.stem) for file in files]

        return SimpleNamespace(dags=dags)

    def say(self, _: str) -> None:
        pass


@pytest.mark.parametrize(("sees", "state"), [(True, "proved"), (False, "failed")])
def test_a_delivered_dag_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sees: bool, state: str
) -> None:
    monkeypatch.setattr(delivery, "PROMISED_SECONDS", 0.1)
    outcome = delivery.dags(cast(Scene, Folder(tmp_path, sees)))
    assert outcome.state == state
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_delivery_does_not_apply_and_a_folder_that_is_gone_fails(tmp_path: Path) -> None:
    assert delivery.dags(cast(Scene, Folder(None))).state == "not-applicable"
    (tmp_path / "airstrip_verify_0123abcd.py").mkdir()
    assert delivery.dags(cast(Scene, Folder(tmp_path))).state == "failed"
