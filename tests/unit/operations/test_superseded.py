"""A namespace that no project has any more: who is at work there, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.events import Event, Warned
from airstrip.kube import Cluster, inventory
from airstrip.operations.superseded import (
    awaited,
    delete_ended_pods,
    kept_for_work,
    left_namespaces,
    require_left_idle,
)
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

INSTANCE = "app.kubernetes.io/instance"
SPEC = load_spec(None, TARGET_SPECS)
SECRET = inventory.Entry("v1", "Secret", "sales-pods", "sales")
RECORDED = frozenset({SECRET, inventory.Entry("v1", "Service", "airflow", "api-server")})


@dataclass
class Deployed:
    pods: dict[str, str]
    """Phases by name, in sales-pods."""
    deleted: list[str] = field(default_factory=list)

    def list(self, _: str, kind: str, namespace: str, *, label_selector: str = "", **__: str) -> list[dict[str, Any]]:
        """Of another Airflow, or of nobody's tasks, where the name says so."""
        volumes = [{"name": "sales", "secret": {"secretName": "sales"}}]
        found = []
        for name, phase in self.pods.items() if (kind, namespace) == ("Pod", "sales-pods") else ():
            labels = {"dag_id": "d"} if name != "nobody-s" else {}
            if not name.startswith("operator"):
                labels[INSTANCE] = "other" if name.startswith("other") else "airflow"
            wanted = dict(part.partition("=")[::2] for part in label_selector.split(",") if part)
            if all(key in labels and value in ("", labels[key]) for key, value in wanted.items()):
                metadata = {"name": name, "labels": labels}
                found.append({"metadata": metadata, "status": {"phase": phase}, "spec": {"volumes": volumes}})
        return found

    def delete(self, _: str, __: str, name: str, ___: str) -> None:
        self.deleted.append(name)


def test_namespaces_that_were_landed_and_are_not_in_the_file_are_left() -> None:
    claim = inventory.Entry("v1", "PersistentVolumeClaim", "gone-before", "data")
    assert left_namespaces(SPEC, {*RECORDED, claim}) == ["sales-pods"]


def test_up_is_refused_while_pods_are_at_work_in_one_that_is_left() -> None:
    deployed = Deployed({"runs": "Running", "waits": "Pending", "operator": "Running", "ended": "Failed"})
    with pytest.raises(AirstripError, match="3 pods are at work in sales-pods") as raised:
        require_left_idle(cast(Cluster, deployed), "airflow", ["sales-pods"])
    assert (raised.value.code, raised.value.details.split()) == ("project.at-work", ["operator", "runs", "waits"])


def test_pods_of_others_are_neither_waited_for_nor_taken_away() -> None:
    deployed = Deployed({"ended": "Succeeded", "other-s": "Running", "other-ended": "Failed", "nobody-s": "Running"})
    require_left_idle(cast(Cluster, deployed), "airflow", ["sales-pods"])
    delete_ended_pods(cast(Cluster, deployed), "airflow", ["sales-pods"])
    assert deployed.deleted == ["ended"]


def test_what_a_task_that_began_meanwhile_needs_is_left_to_the_next_up() -> None:
    events: list[Event] = []
    idle, busy = (cast(Cluster, Deployed({"one": phase})) for phase in ("Failed", "Running"))
    assert kept_for_work(idle, "airflow", ["sales-pods"], RECORDED, events.append) == frozenset()
    assert events == []
    assert kept_for_work(busy, "airflow", ["sales-pods"], RECORDED, events.append) == {SECRET}
    assert [event.code for event in events if isinstance(event, Warned)] == ["project.at-work"]


def test_pods_that_have_ended_go_with_it() -> None:
    deployed = Deployed({"runs": "Running", "one": "Failed", "two": "Succeeded"})
    delete_ended_pods(cast(Cluster, deployed), "airflow", ["sales-pods"])
    assert deployed.deleted == ["one", "two"]


def test_what_a_pod_that_came_meanwhile_waits_for_stays() -> None:
    deployed = cast(Cluster, Deployed({"waits": "Pending"}))
    assert awaited(deployed, ["airflow-workers", "sales-pods"], RECORDED) == {SECRET}
