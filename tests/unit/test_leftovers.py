"""What cannot be taken away ends the verb with a finding and exit code 3."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from airstrip import embedded, node, operations
from airstrip.events import discard
from airstrip.result import AnyResult
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.local import node as local_node
from airstrip.targets.target import agree

GROUP = "/sys/fs/cgroup/airstrip-flights"


@pytest.fixture(params=[[GROUP], []], ids=["left", "gone"])
def left(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stays of the node, whatever ends it."""
    found: list[str] = request.param
    monkeypatch.setattr("os.geteuid", lambda: 0)
    for name in ("STATE", "RUN", "CACHE"):
        monkeypatch.setenv(f"AIRSTRIP_{name}_DIR", str(tmp_path / name.lower()))
    for name in ("stop_node", "delete_cluster_data", "prune_node"):
        monkeypatch.setattr(embedded, name, lambda *_, **__: found)
    monkeypatch.setattr(local_node, "prune_binaries", lambda _: [])
    return found


def check(result: AnyResult, left: list[str]) -> None:
    assert result.exit_code == (3 if left else 0)
    assert [finding.code for finding in result.findings] == ["node.leftovers"] * len(left)
    assert all(GROUP in finding.evidence and finding.cause and finding.fix for finding in result.findings)


def test_node_stop(left: list[str]) -> None:
    check(node.Node("flights").stop(), left)


@pytest.mark.parametrize("everything", [True, False])
def test_node_prune(left: list[str], everything: bool) -> None:
    check(node.Node("flights").prune(everything=everything), left)


@pytest.mark.parametrize("data", [True, False])
def test_down(left: list[str], data: bool) -> None:
    spec = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
    check(operations.down(operations.Session(spec, make_target(spec)), discard, agree, data=data), left)


@pytest.mark.parametrize("condition", ["starting", "stopped"])
def test_down_of_a_node_that_offers_nothing_yet(
    left: list[str], monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    """What a killed `up` left runs, though there is no cluster to ask."""
    status = SimpleNamespace(running=condition != "stopped", port=None, state=condition)
    monkeypatch.setattr(embedded, "node_status", lambda _: status)
    spec = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
    result = operations.down(operations.Session(spec, make_target(spec)), discard, agree, data=False)
    assert result.data["wasRunning"] == (condition != "stopped")
    check(result, left)
