"""What differs between two objects, by the paths that people read."""

from __future__ import annotations

from typing import Any

import pytest

from airstrip.kube import FieldChange, compare
from airstrip.kube.changes import MASK


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
