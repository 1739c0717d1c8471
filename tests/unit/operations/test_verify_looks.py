"""Pods that `verify` makes to look from: how long they have, and what of their words is told."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import LogRecord, TaskLog
from airstrip.errors import WaitTimeout
from airstrip.operations.properties import pods
from airstrip.operations.properties.scene import Scene
from airstrip.operations.session import Session
from tests.unit.operations.seen import Seen

URL, STRUCK = "no answer of postgresql://ada:s3cret@db/x", "no answer of postgresql://***@db/x"


class Cluster:
    """It has an api-server, and makes pods of which the last words are these."""

    def __init__(self, phase: str = "Failed") -> None:
        self.phase = phase
        self.created: list[dict[str, Any]] = []

    def create(self, item: dict[str, Any]) -> None:
        self.created.append(item)

    def get(self, _: str, kind: str, *__: str) -> dict[str, Any]:
        template = {"spec": {"containers": [{"image": "i"}]}}
        return {"spec": {"template": template}} if kind == "Deployment" else {"status": {"phase": self.phase}}


def look(cluster: Cluster, seconds: float) -> pods.OutsideLook:
    spec = SimpleNamespace(name="mine", namespaces=SimpleNamespace(control="c", workers="w"))
    session = cast(Session, SimpleNamespace(cluster=cluster, spec=spec))
    return pods.OutsideLook(session, "abcd1234", time.monotonic() + seconds, {})


@pytest.mark.parametrize(("timeout", "seconds"), [(600.0, 600), (5.0, 60), (-30.0, 60)])
def test_a_pod_has_the_time_that_all_runs_have(timeout: float, seconds: int) -> None:
    """A machine may have to be started for it, and the image to be pulled."""
    cluster = Cluster()
    look(cluster, timeout).start()
    assert cluster.created[0]["spec"]["activeDeadlineSeconds"] == seconds


def test_what_a_pod_said_last_is_told_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pods, "pod_log", lambda *_, **__: [URL])
    with pytest.raises(WaitTimeout) as raised:
        look(Cluster(), 1.0).said()
    assert raised.value.details == STRUCK


def test_what_a_task_logged_is_told_without_a_password() -> None:
    log = TaskLog((LogRecord(URL),), is_merged=False)
    airflow = SimpleNamespace(task_log_end=lambda *_, **__: log)
    scene = Scene(cast(Session, SimpleNamespace(airflow=airflow)), deadline=0)
    scene._ended["d"] = Seen({"plain": "failed"}).ended("d")
    assert scene.log("d", "plain") == [STRUCK]
