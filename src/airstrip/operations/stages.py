"""A stage of a landing: what changes is applied, and waited for until it works; with Airflow itself last of all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError, WaitTimeout
from airstrip.events import Emit, Progress, step
from airstrip.kube import (
    NO_PAST,
    Lease,
    execute,
    plan_changes,
    restart_crash_loops,
    wait_for_job,
    wait_for_rollout,
)
from airstrip.manifests import Stage
from airstrip.operations.session import Session

BUILT_IN_DAG = "smoke"
_POLL_SECONDS = 0.5
_OURS = "app.kubernetes.io/managed-by=airstrip"
_WORKLOADS = ("Deployment", "StatefulSet")
_STALE_SECONDS = 30.0
"""After another base URL the pod before still answers for so long at most, below its own path."""


@dataclass(frozen=True)
class Clock:
    """What is left of `up`'s timeout once the place and the images are there, in seconds."""

    deadline: float

    @property
    def left(self) -> float:
        return max(1.0, self.deadline - time.monotonic())


class Stages:
    """One stage after the other; a pod that crashed before its own was applied is given another try."""

    def __init__(self, session: Session, emit: Emit, clock: Clock, lease: Lease) -> None:
        self._session, self._emit, self._clock, self._lease = session, emit, clock, lease
        self._past = NO_PAST

    def apply(self, stage: Stage) -> int:
        """Until all of it works; returns how many objects changed. Raises where the Lease is another's by now."""
        cluster = self._session.cluster
        self._lease.check()
        with step(self._emit, f"apply.{stage.name}", f"Apply {stage.name}") as progress:
            if any(item["kind"] in _WORKLOADS for item in stage.objects):
                self._past = restart_crash_loops(cluster, self._session.spec.namespaces.control, self._selector)
            changes = plan_changes(cluster, stage.objects)
            for change in changes:
                progress.say(f"{change.action} {change.entry.kind} {change.entry.name}")
                execute(cluster, change)
            for item in stage.objects:
                self._await_object(item, progress)
            progress.note = f"{len(stage.objects)} objects, {len(changes)} changed"
        return len(changes)

    def await_airflow(self, objects: Sequence[Mapping[str, Any]], progress: Progress) -> None:
        """Until Airflow answers and all its processes are ready."""
        _await_answer(self._session.airflow, progress, self._clock)
        # Once more: after a power cut the cluster tells for some seconds what was true before it.
        for item in objects:
            if item["kind"] in _WORKLOADS:
                self._await_object(item, progress)

    @property
    def _selector(self) -> str:
        return f"{_OURS},app.kubernetes.io/instance={self._session.spec.name}"

    def _await_object(self, item: Mapping[str, Any], progress: Progress) -> None:
        kind, name, namespace = item["kind"], item["metadata"]["name"], item["metadata"].get("namespace")
        cluster, left, say = self._session.cluster, self._clock.left, progress.say
        if kind in _WORKLOADS:
            wait_for_rollout(cluster, kind, name, namespace, timeout=left, on_progress=say, past=self._past)
        elif kind == "Job":
            wait_for_job(cluster, name, namespace, timeout=left, on_progress=say)


def _await_answer(client: AirflowClient, progress: Progress, clock: Clock) -> None:
    """Until the API answers through the way in that users take, and the built-in DAG is known."""
    last, stale = "", time.monotonic() + _STALE_SECONDS
    while True:
        try:
            client.dag(BUILT_IN_DAG)
            return
        except AirflowError as error:
            last = error.message
            may_pass = {"airflow.unreachable", "airflow.dag-not-found", "airflow.unavailable"}
            if error.code not in may_pass | ({"airflow.not-airflow"} if time.monotonic() < stale else set()):
                raise
        if clock.left <= 1.0:
            raise WaitTimeout(
                "airflow.not-ready",
                "Airflow did not become ready in time",
                cause=f"Last state: {last}",
                fix="Look at: ./airstrip status; ./airstrip logs dag-processor",
            )
        progress.say(last)
        time.sleep(_POLL_SECONDS)
