"""What differs between two objects, by the paths that people read."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from airstrip.kube import Cluster, FieldChange, compare
from airstrip.kube.changes import MASK, plan_change


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, [("spec.replicas", 1, 2)]),
        ({"a": {"b": 1}}, {}, [("a.b", 1, None)]),
        ({}, {"a": {"b": "x"}}, [("a.b", None, "x")]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a[1]", 2, 3), ("a[2]", None, 4)]),
        ({"a": {"b": 1}}, {"a": "text"}, [("a", {"b": 1}, "text")]),
    ],
)
def test_leaves_that_differ(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert list(compare(before, after)) == [FieldChange(*row) for row in expected]


def test_named_items_are_compared_by_name_not_by_place() -> None:
    web, side = {"name": "web", "image": "a"}, {"name": "side", "image": "b"}
    assert list(compare({"c": [web, side]}, {"c": [side, {**web, "image": "z"}]})) == [
        FieldChange("c[web].image", "a", "z")
    ]


def test_a_secret_s_values_are_hidden() -> None:
    (change,) = compare({"data": {"key": "b2xk"}}, {"data": {"key": "bmV3"}}, hide=True)
    assert (change.path, change.before, change.after) == ("data.key", MASK, MASK)


class Preview:
    """A cluster that has one object, and tells what an apply would make of it: what is named, over what is there."""

    def __init__(self, before: dict[str, Any]) -> None:
        self.before = before

    def get(self, *_: object) -> dict[str, Any]:
        return self.before

    def preview(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**self.before, **item}


def keys(kind: str, annotation: str, **data: str) -> dict[str, Any]:
    metadata = {"name": "keys", "namespace": "n", "annotations": {"kubectl.kubernetes.io/last-applied": annotation}}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data}


def test_a_plan_hides_all_of_a_secret_and_nothing_of_a_config_map() -> None:
    """Its annotations too: kubectl writes the whole object into one."""
    told = {}
    for kind in ("Secret", "ConfigMap"):
        before, after = (keys(kind, f"copy-of-{value}", key=value, same="c2FtZQ==") for value in ("b2xk", "bmV3"))
        change = plan_change(cast(Cluster, Preview(before)), {**after, "data": {**after["data"], "more": "bW9yZQ=="}})
        assert change is not None
        told[kind] = change.to_dict()
    paths = ["metadata.annotations.kubectl.kubernetes.io/last-applied", "data.key", "data.more"]
    assert told["Secret"]["action"] == "change"
    assert told["Secret"]["fields"] == [
        {"path": path, "before": None if path == "data.more" else MASK, "after": MASK} for path in paths
    ]
    assert not [value for value in ("b2xk", "bmV3", "bW9yZQ", "c2FtZQ") if value in json.dumps(told["Secret"])]
    assert [(row["before"], row["after"]) for row in told["ConfigMap"]["fields"]] == [
        ("copy-of-b2xk", "copy-of-bmV3"),
        ("b2xk", "bmV3"),
        (None, "bW9yZQ=="),
    ]
