"""What is read of Airflow 3.3.2's word on its own processes."""

from __future__ import annotations

import datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from airstrip.airflow_api import Heartbeat
from airstrip.errors import AirflowError
from tests.unit.airflow_api.test_client import Airflow


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def ago(seconds: float) -> str:
    return (now() - datetime.timedelta(seconds=seconds)).isoformat()


def answering(ahead: float = 0.0, **parts: Any) -> Airflow:
    date = format_datetime(now() + datetime.timedelta(seconds=ahead), usegmt=True)
    return Airflow(**{"monitor/health": httpx.Response(200, json=parts, headers={"date": date})})


def test_processes_are_by_the_names_of_their_pods_with_the_age_of_their_heartbeats() -> None:
    found = (
        answering(
            metadatabase={"status": "healthy"},
            scheduler={"status": "unhealthy", "latest_scheduler_heartbeat": ago(90)},
            dag_processor={"status": "healthy", "latest_dag_processor_heartbeat": ago(1)},
            triggerer={"status": None, "latest_triggerer_heartbeat": None},
        )
        .client()
        .health()
    )
    assert found.database == "healthy"
    assert {name: beat.state for name, beat in found.components.items()} == {
        "scheduler": "unhealthy",
        "dag-processor": "healthy",
        "triggerer": "",
    }
    assert found.components["scheduler"].age == pytest.approx(90, abs=3)
    assert found.components["triggerer"] == Heartbeat("")
    assert abs(found.ahead) < 3


def test_a_process_that_airflow_does_not_have_never_ran() -> None:
    assert answering(dag_processor=None).client().health().components == {"dag-processor": Heartbeat("")}


def test_nobody_has_to_log_in() -> None:
    airflow = answering(metadatabase={"status": "unhealthy"})
    assert airflow.client(password="not it").health().database == "unhealthy"
    assert airflow.logins == 0


def test_a_clock_that_is_ahead_is_told_and_counts_for_ages() -> None:
    part = {"status": "healthy", "latest_scheduler_heartbeat": ago(0)}
    found = answering(300, scheduler=part).client().health()
    assert found.ahead == pytest.approx(300, abs=3)
    assert found.components["scheduler"].age == pytest.approx(300, abs=3)


def test_one_that_starts_is_asked_again_a_moment_later() -> None:
    answers = [httpx.Response(503), httpx.Response(200, json={"metadatabase": {"status": "healthy"}})]
    assert Airflow(**{"monitor/health": lambda _: answers.pop(0)}).client().health().database == "healthy"


def test_what_is_not_airflow_s_is_told_as_such() -> None:
    with pytest.raises(AirflowError) as told:
        Airflow().client().health()
    assert told.value.code == "airflow.not-airflow"
