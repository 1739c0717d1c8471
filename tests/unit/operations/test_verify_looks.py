"""Pods that `verify` makes to look from: how long they have, and what of their words is told."""

from __future__ import annotations

import time
from collections.abc import Sequence
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

    def __init__(self, phase: str = "Failed", jobs: Sequence[dict[str, Any]] = ()) -> None:
        self.phase = phase
        self.jobs = jobs
        self.created: list[dict[str, Any]] = []

    def list(self, *_: object, label_selector: str) -> list[dict[str, Any]]:
        wanted = dict(each.split("=") for each in label_selector.split(","))
        return [job for job in self.jobs if wanted.items() <= job["metadata"]["labels"].items()]

    def create(self, item: dict[str, Any]) -> None:
        self.created.append(item)

    def get(self, _: str, kind: str, *__: str) -> dict[str, Any]:
        template = {"spec": {"containers": [{"image": "i"}]}}
        return {"spec": {"template": template}} if kind == "Deployment" else {"status": {"phase": self.phase}}


def session_of(cluster: Cluster) -> Session:
    spec = SimpleNamespace(name="mine", namespaces=SimpleNamespace(control="c", workers="w"))
    return cast(Session, SimpleNamespace(cluster=cluster, spec=spec))


def look(cluster: Cluster, seconds: float) -> pods.OutsideLook:
    return pods.OutsideLook(session_of(cluster), "abcd1234", time.monotonic() + seconds, {})


def job(component: str, image: str, created: str, *, succeeded: int = 1) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": component, "app.kubernetes.io/instance": "mine"}
    return {
        "metadata": {"name": component, "labels": labels, "creationTimestamp": created},
        "spec": {"template": {"spec": {"containers": [{"image": image}]}}},
        "status": {"succeeded": succeeded},
    }


def test_it_is_the_migration_that_the_database_is_asked_from() -> None:
    """What gets into git has the same image, is made anew by releases that migrate nothing, and knows no database."""
    jobs = [
        job("migration", "i", "2026-11-20T00:00:00Z"),
        job("migration", "older", "2026-11-21T00:00:00Z"),
        job("migration", "i", "2026-11-21T00:00:00Z", succeeded=0),
        job("git-check", "i", "2026-11-22T00:00:00Z"),
    ]
    cluster = Cluster(jobs=jobs)
    found = pods.DatabaseLook(session_of(cluster), "abcd1234", time.monotonic()).migration()
    assert found is jobs[0]


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
