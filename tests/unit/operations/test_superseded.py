"""A namespace that no project has any more: who is at work there, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory
from airstrip.operations.superseded import awaited, delete_ended_pods, left_namespaces, require_left_idle
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

SPEC = load_spec(None, TARGET_SPECS)
SECRET = inventory.Entry("v1", "Secret", "sales-pods", "sales")
RECORDED = frozenset({SECRET, inventory.Entry("v1", "Service", "airflow", "api-server")})


@dataclass
class Deployed:
    pods: dict[str, str]
    """Phases by name, in sales-pods."""
    deleted: list[str] = field(default_factory=list)

    def list(self, _: str, kind: str, namespace: str, **__: str) -> list[dict[str, Any]]:
        volumes = [{"name": "sales", "secret": {"secretName": "sales"}}]
        return [
            {"metadata": {"name": name}, "status": {"phase": phase}, "spec": {"volumes": volumes}}
            for name, phase in self.pods.items()
            if (kind, namespace) == ("Pod", "sales-pods")
        ]

    def delete(self, _: str, __: str, name: str, ___: str) -> None:
        self.deleted.append(name)


def test_namespaces_that_were_landed_and_are_not_in_the_file_are_left() -> None:
    claim = inventory.Entry("v1", "PersistentVolumeClaim", "gone-before", "data")
    assert left_namespaces(SPEC, {*RECORDED, claim}) == ["sales-pods"]


def test_up_is_refused_while_pods_are_at_work_in_one_that_is_left() -> None:
    deployed = Deployed({"runs": "Running", "waits": "Pending", "ended": "Failed"})
    with pytest.raises(AirstripError, match="2 pods are at work in sales-pods") as raised:
        require_left_idle(cast(Cluster, deployed), ["sales-pods"])
    assert (raised.value.code, raised.value.details.split()) == ("project.at-work", ["runs", "waits"])
    require_left_idle(cast(Cluster, Deployed({"ended": "Succeeded"})), ["sales-pods"])


def test_pods_that_have_ended_go_with_it() -> None:
    deployed = Deployed({"runs": "Running", "one": "Failed", "two": "Succeeded"})
    delete_ended_pods(cast(Cluster, deployed), ["sales-pods"])
    assert deployed.deleted == ["one", "two"]


def test_what_a_pod_that_came_meanwhile_waits_for_stays() -> None:
    deployed = cast(Cluster, Deployed({"waits": "Pending"}))
    assert awaited(deployed, ["airflow-workers", "sales-pods"], RECORDED) == {SECRET}
