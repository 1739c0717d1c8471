"""Runs of a backfill and others are counted by themselves, each by a limit of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.unit.operations.test_why import Fake, codes, seen

__all__ = ["seen"]


def run(name: str, kind: str, state: str = "running") -> dict[str, Any]:
    return {"dag_id": "d", "dag_run_id": name, "state": state, "run_type": kind}


@dataclass
class Backfilled(Fake):
    """An Airflow with a backfill that goes on, and a run that is queued."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    dag: dict[str, Any] | None = field(default_factory=lambda: {"dag_id": "d", "max_active_runs": 2})
    queued: dict[str, Any] = field(default_factory=dict)
    running: list[dict[str, Any]] = field(default_factory=list)
    paused: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v2/")
        rows = self.running if request.url.params.get("state") == "running" else [self.queued]
        if path == "dags/d/dagRuns":
            return httpx.Response(200, json={"dag_runs": rows})
        if path == "backfills":
            assert request.url.params["dag_id"] == "d"
            row = {"is_paused": self.paused, "max_active_runs": 3, "completed_at": None}
            return httpx.Response(200, json={"backfills": [row]})
        return super().__call__(request)

    def answer(self, path: str) -> dict[str, Any] | None:
        return {"task_instances": [], "total_entries": 0} if path.endswith("/taskInstances") else super().answer(path)


@pytest.mark.parametrize(
    ("queued", "backfills", "others", "paused", "code"),
    [
        ("manual", 3, 1, False, "run.queued"),
        ("manual", 0, 2, False, "run.max-active-runs"),
        ("backfill", 2, 2, False, "run.queued"),
        ("backfill", 3, 0, False, "run.backfill-full"),
        ("backfill", 0, 0, True, "run.backfill-paused"),
    ],
)
def test_a_queued_run_waits_for_those_that_airflow_counts_with_it(
    queued: str, backfills: int, others: int, paused: bool, code: str
) -> None:
    running = [run(f"b{number}", "backfill") for number in range(backfills)]
    running += [run(f"m{number}", "manual") for number in range(others)]
    fake = Backfilled(queued=run("q", queued, "queued"), running=running, paused=paused)
    result = fake.why()
    assert codes(result)[0] == code
    assert ("b0" in result.findings[0].cause) is (code == "run.backfill-full")
