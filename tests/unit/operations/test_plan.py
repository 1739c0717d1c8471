"""What a plan says of objects that are named by their contents."""

from __future__ import annotations

from typing import Any, cast

import pytest

from airstrip.kube import Change, Cluster
from airstrip.kube.inventory import Entry
from airstrip.operations.plan import with_predecessors

NEW, OLD = "MjIyMjIyMjIyMg==", "MTExMTExMTExMQ=="


def item(kind: str, name: str, value: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "mine"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "immutable": True, "data": {"a.b": value, "c": "d"}}


class Holding:
    """A cluster that has the object of before."""

    def __init__(self, before: dict[str, Any]) -> None:
        self._before = before

    def get(self, version: str, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
        metadata = self._before["metadata"]
        same = (self._before["kind"], metadata["name"], metadata["namespace"]) == (kind, name, namespace)
        return self._before if same else None


def fields(kind: str) -> list[dict[str, Any]]:
    before, after = item(kind, "them-0123456789", OLD), item(kind, "them-9876543210", NEW)
    change = Change("add", Entry.of(after), item=after)
    (found,) = with_predecessors(cast(Cluster, Holding(before)), [change], [Entry.of(before)])
    return [field.to_dict() for field in found.fields]


def test_a_new_config_map_is_shown_as_what_differs_from_the_one_that_it_replaces() -> None:
    assert fields("ConfigMap") == [{"path": "data.a.b", "before": OLD, "after": NEW}]


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_of_a_secret_only_which_key_differs_is_shown(secret: str) -> None:
    shown = fields("Secret")
    assert [field["path"] for field in shown] == ["data.a.b"]
    assert secret not in str(shown)
