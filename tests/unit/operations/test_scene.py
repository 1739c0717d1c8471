"""What `verify` starts: it knows what it may have made, and takes nothing for its own that was there before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirflowError, AirstripError
from airstrip.operations.properties.names import SCHEDULE
from airstrip.operations.properties.scene import Need, Scene
from airstrip.operations.session import Session


@dataclass
class Airflow:
    """It takes what is asked of it, and goes away at `fails`; `runs` are there before."""

    fails: str = ""
    code: str = "airflow.unreachable"
    runs: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def does(self, what: str) -> Callable[..., Any]:
        def done(*_: object, **__: object) -> Any:
            self.asked.append(what)
            if what == self.fails:
                raise AirflowError(self.code, "it is gone")
            return self.runs

        return done

    def scene(self) -> Scene:
        values = SimpleNamespace(
            add_variable=self.does("variable"), add_connection=self.does("connection"), parse_again=self.does("parse")
        )
        airflow = SimpleNamespace(values=values, unpause=self.does("unpause"), dag_runs=self.does("runs"))
        return Scene(cast(Session, SimpleNamespace(airflow=airflow)), deadline=0)


@pytest.mark.parametrize(
    ("need", "fails", "has_made"),
    [
        ("values", "variable", True),
        ("values", "connection", True),
        ("schedule", "unpause", True),
        ("schedule", "parse", True),
        ("schedule", "runs", False),
    ],
)
def test_what_airflow_may_have_kept_is_known_though_it_went_away(need: Need, fails: str, has_made: bool) -> None:
    scene = Airflow(fails).scene()
    assert not scene.has_made
    scene.start({need})
    assert scene.has_made is has_made


def test_what_nobody_foresaw_hinders_one_start_and_no_other() -> None:
    """Whoever looks at what was not started raises it: its property has failed, and the others are looked at."""
    airflow = Airflow()
    scene = airflow.scene()
    scene.__dict__["given"] = SimpleNamespace(texts={})
    scene.__dict__["database_look"] = SimpleNamespace(start=airflow.does("database"))
    scene.start({"values", "database"})
    assert isinstance(scene.refused("values"), KeyError)
    assert (scene.refused("database"), airflow.asked) == (None, ["database"])


def test_a_run_that_an_earlier_verify_left_is_not_taken_for_one_that_the_scheduler_made() -> None:
    airflow = Airflow(runs=[SimpleNamespace(run_type="scheduled", state="success")])
    scene = airflow.scene()
    scene.start({"schedule"})
    error = scene.refused(SCHEDULE)
    assert isinstance(error, AirstripError)
    assert error.code == "verify.not-clean"
    assert "unpause" not in airflow.asked


def test_right_after_a_landing_the_dag_may_not_be_known_yet() -> None:
    airflow = Airflow("runs", "airflow.dag-not-found")
    scene = airflow.scene()
    scene.start({"schedule"})
    assert scene.refused(SCHEDULE) is None
    assert airflow.asked == ["runs", "unpause", "parse"]


def test_what_is_stored_for_the_proof_is_there_before_the_database_is_looked_at() -> None:
    """A pod that is quick would find nothing that is encrypted."""
    airflow = Airflow()
    scene = airflow.scene()
    scene.__dict__["database_look"] = SimpleNamespace(start=airflow.does("database"))
    scene.start({"database", "values"})
    assert airflow.asked == ["variable", "connection", "database"]
