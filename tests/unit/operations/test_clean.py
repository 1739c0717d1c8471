"""What `verify` takes away, what it leaves alone, and what it says where it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import DagRun
from airstrip.errors import AirflowError
from airstrip.operations.properties.clean import clean
from airstrip.operations.session import Session
from airstrip.spec.resolved import Dags

MADE, OTHER = "airstrip_verify_0123abcd", "airstrip_verify_isolation"


@dataclass
class Deployed:
    """A session whose Airflow and cluster record what is deleted; `hangs` is an Airflow that does not answer, `fails`
    what it cannot list."""

    folder: Path
    hangs: bool = False
    fails: str = ""
    runs: tuple[DagRun, ...] = ()
    asked: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def ask(self, what: str) -> None:
        self.asked.append(what)
        if self.hangs:
            raise AirflowError("airflow.unreachable", "Airflow cannot be reached: it took too long")

    def names(self, what: str) -> Any:
        def listed(_: str) -> tuple[str, ...]:
            self.ask(what)
            if what == self.fails:
                raise AirflowError("airflow.unavailable", "Airflow failed: HTTP 500", status=500)
            return (MADE, OTHER, f"{MADE}_of_mine")

        return listed

    @property
    def airflow(self) -> Any:
        values = SimpleNamespace(
            **{f"{what}_names": self.names(what) for what in ("variable", "connection", "dag")},
            **{f"delete_{what}": self.deleted.append for what in ("variable", "connection", "dag")},
        )
        values.fail_run = values.delete_run = lambda dag, run: self.deleted.append(f"{dag} {run}")
        return SimpleNamespace(values=values, pause=self.ask, dag_runs=lambda *_, **__: self.runs)

    @property
    def session(self) -> Session:
        pods = [{"metadata": {"name": "left"}}]

        def listed(_: str, __: str, namespace: str, *, label_selector: str) -> list[Any]:
            return pods if namespace == "w" and label_selector.startswith("dag_id") else []

        def delete(_: str, kind: str, name: str, namespace: str, **__: Any) -> None:
            self.deleted.append(f"{kind} {name} in {namespace}")
            pods.clear()

        spec = SimpleNamespace(
            name="mine",
            namespaces=SimpleNamespace(control="c", workers="w"),
            dags=Dags(path=self.folder),
        )
        cluster = SimpleNamespace(list=listed, delete=delete)
        return cast(Session, SimpleNamespace(spec=spec, airflow=self.airflow, cluster=cluster))


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    # By its path the function of the same name would be found.
    monkeypatch.setattr(import_module("airstrip.operations.properties.clean"), "_POLL_SECONDS", 0.01)


def test_all_that_a_verify_made_goes_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f"{MADE}.py").touch()
    (tmp_path / f"{OTHER}.py").touch()
    deployed = Deployed(tmp_path)
    assert clean(deployed.session, in_airflow=True) == []
    assert deployed.deleted == [MADE, MADE, MADE, "Pod left in w"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{OTHER}.py"]


def test_an_airflow_that_hangs_is_asked_once_and_told(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path, hangs=True)
    left = clean(deployed.session, in_airflow=True)
    assert len(deployed.asked) == 1
    assert left[0].startswith("runs of airstrip_verify: Airflow cannot be reached")
    assert "variables: Airflow does not answer" in left
    # What the cluster has goes all the same.
    assert deployed.deleted == ["Pod left in w"]


def test_a_connection_that_airflow_cannot_decrypt_keeps_nothing_else_there(tmp_path: Path) -> None:
    """Somebody changed the Fernet key: it fails to list any."""
    deployed = Deployed(tmp_path, fails="connection")
    left = clean(deployed.session, in_airflow=True, own="airstrip_verify_89abcdef")
    assert left == ["connections: Airflow failed: HTTP 500"]
    # Ours, by its name, and of the others what there is.
    assert deployed.deleted.count("airstrip_verify_89abcdef") == 3
    assert deployed.deleted.count(MADE) == 2


def test_runs_that_do_not_go_are_told_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Airflow that says that it has deleted them, and lists them again."""
    clock = iter(range(0, 10_000, 10))
    module = import_module("airstrip.operations.properties.clean")
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None))
    stays = DagRun("d", "r", "running", "manual", None, None, None, None, None, None)
    deployed = Deployed(tmp_path, runs=(stays,))
    left = clean(deployed.session, in_airflow=True)
    assert [line for line in left if "or more runs of airstrip_verify did not go within 30 s" in line]
    # What else there is goes all the same.
    assert "Pod left in w" in deployed.deleted


def test_where_airflow_is_known_to_be_down_it_is_not_asked(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path, hangs=True)
    assert clean(deployed.session, in_airflow=False) == []
    assert deployed.asked == []
