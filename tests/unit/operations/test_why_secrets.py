"""A value of the cluster's Secrets is in nothing that `why` tells."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from airstrip.diagnose import Look
from airstrip.diagnose.facts import Facts
from tests.unit.operations.test_why import BROKEN, CRASHED, SETTLED, TRACE, Fake, codes, row, seen

__all__ = ["seen"]
SWORDFISH = replace(CRASHED, log=("no swordfish here",))
"""It crashed over what a Secret holds."""


def crashed(component: str) -> Facts:
    pod = replace(BROKEN.pods[0], name=f"{component}-1", component=component, containers=(SWORDFISH,))
    return Facts(pods=(pod,))


def test_a_secret_s_value_is_in_no_explanation() -> None:
    trace = {**TRACE, "exc_value": "no swordfish here"}
    content = [{"event": "Task failed", "timestamp": SETTLED["end_date"], "error_detail": [trace]}]
    result = Fake(log={"content": content}).why()
    assert codes(result) == ["task.exception"]
    assert result.findings[0].cause == "ValueError: no *** here."
    assert "swordfish" not in json.dumps(result.to_document())


def test_nor_in_what_is_told_of_an_airflow_that_is_silent(seen: list[Facts]) -> None:
    seen.append(crashed("api-server"))
    result = Fake(silent=httpx.ConnectError("no swordfish")).why("e")
    assert result.findings[0].evidence == "no *** here"
    assert "swordfish" not in json.dumps(result.to_document())


def test_nor_in_what_is_told_of_a_scheduler_that_is_silent(seen: list[Facts]) -> None:
    class Stopped(Fake):
        def answer(self, path: str) -> dict[str, Any] | None:
            sick = {"scheduler": {"status": "unhealthy", "latest_scheduler_heartbeat": SETTLED["end_date"]}}
            return sick if path == "monitor/health" else super().answer(path)

    seen.append(crashed("scheduler"))
    result = Stopped(rows=[row("e", None, number=0)], run="running").why()
    assert codes(result)[:2] == ["pod.crash-loop", "scheduler.silent"]
    assert result.findings[0].evidence == "no *** here"
    assert "swordfish" not in json.dumps(result.to_document())


@pytest.mark.parametrize("before", [280, 290, 295, 3980, 3985, 3990])
def test_nor_the_half_of_it_where_a_text_is_cut(before: int) -> None:
    trace = {**TRACE, "exc_value": f"{'x' * before}{'swordfish' * 3}"}
    content = [{"event": "Task failed", "timestamp": SETTLED["end_date"], "error_detail": [trace]}]
    result = Fake(log={"content": content}).why()
    assert codes(result) == ["task.exception"]
    assert "swordf" not in json.dumps(result.to_document())


def test_what_there_was_no_time_to_look_through_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Look.redaction, "__kwdefaults__", {"seconds": 0.0})
    result = Fake().why()
    assert codes(result) == ["task.exception"]
    assert result.findings[0].cause == "***"
    assert result.data["warning"].endswith("as ***: there was no time to look for secrets in them.")
    assert "warning" not in Fake(rows=[row("e", "success")], run="success").why("e").data
