"""The old DAG processor ends before one comes that has its DAGs from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.events import Event, Warned, discard
from airstrip.operations import dags_change
from airstrip.operations.dags_change import make_way
from airstrip.operations.dags_facts import Processor
from airstrip.operations.session import Session


def processor(bundles: str, claim: str = "", behind: str = "") -> Processor:
    volumes = [{"name": "dags", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    annotations = {f"checksum.airstrip/{claim}": behind} if behind else {}
    template = {"metadata": {"annotations": annotations}, "spec": {"volumes": volumes}}
    return Processor({"spec": {"template": template}}, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles})


LIVE = processor("local", "dags", "1")


@dataclass
class Deployed:
    """Its pod is gone at the second look, or never; one that was evicted is there all the time."""

    stays: bool = False

    applied: list[Any] = field(default_factory=list)
    looks: int = 0

    def plan(self, _: object, items: list[Any]) -> list[Any]:
        return items

    def execute(self, _: object, change: Any) -> None:
        self.applied.append(change)

    def list(self, *_: object, **__: object) -> list[dict[str, Any]]:
        self.looks += 1
        phases = ["Failed"] if self.looks > 1 and not self.stays else ["Failed", "Running"]
        return [{"status": {"phase": phase}} for phase in phases]


@pytest.mark.parametrize(
    ("new", "ends"),
    [
        (LIVE, False),
        (processor("local", "dags", "2"), True),
        (processor("git"), True),
        (processor("pushed", "pushed-dags"), True),
    ],
    ids=["the same", "another folder", "from git", "pushed"],
)
def test_it_ends_where_dags_come_from_elsewhere(monkeypatch: pytest.MonkeyPatch, new: Processor, ends: bool) -> None:
    deployed = Deployed()
    monkeypatch.setattr(dags_change, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(dags_change, "find_processor", lambda _: LIVE)
    monkeypatch.setattr(dags_change, "plan_changes", deployed.plan)
    monkeypatch.setattr(dags_change, "execute", deployed.execute)
    make_way(session(deployed), new, discard, 5.0)
    without_pods = {"spec": {**new.deployment["spec"], "replicas": 0}}
    assert deployed.applied == ([without_pods] if ends else [])
    assert deployed.looks == (2 if ends else 0)


def test_one_that_does_not_end_is_told_of_and_hinders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed, events = Deployed(stays=True), list[Event]()
    monkeypatch.setattr(dags_change, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(dags_change, "find_processor", lambda _: LIVE)
    monkeypatch.setattr(dags_change, "plan_changes", deployed.plan)
    monkeypatch.setattr(dags_change, "execute", deployed.execute)
    make_way(session(deployed), processor("git"), events.append, 0.01)
    assert [event.code for event in events if isinstance(event, Warned)] == ["dags.two-readers"]


def test_before_the_first_landing_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed()
    monkeypatch.setattr(dags_change, "find_processor", lambda _: None)
    make_way(session(deployed), LIVE, discard, 5.0)
    assert deployed.applied == []


def session(deployed: Deployed) -> Session:
    spec = SimpleNamespace(name="mine", namespaces=SimpleNamespace(control="c"))
    return cast(Session, SimpleNamespace(spec=spec, cluster=deployed))
