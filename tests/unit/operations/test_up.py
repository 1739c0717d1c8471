"""What a landing that does not become ready ends with."""

from __future__ import annotations

import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirflowError, WaitTimeout
from airstrip.events import Progress
from airstrip.operations import Session
from airstrip.result import Finding

HANGS = Finding("database.stopped", "the database has no pod", "It was scaled to zero.", "Scale it up.")


def test_an_airflow_that_does_not_answer_ends_with_what_doctor_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    up: Any = import_module("airstrip.operations.up")
    monkeypatch.setattr(up, "causes", lambda _: [HANGS])

    def dag(_: str) -> None:
        raise AirflowError("airflow.unreachable", "no answer")

    session = cast(Session, SimpleNamespace(airflow=SimpleNamespace(dag=dag), cluster=None))
    with pytest.raises(WaitTimeout) as told:
        up.await_ready(session, [], cast(Progress, SimpleNamespace(say=print)), up._Clock(time.monotonic()))
    assert told.value.code == "airflow.not-ready"
    assert told.value.fix.startswith("Scale it up.")
    assert "the database has no pod  [database.stopped]" in told.value.details
