from __future__ import annotations

from airstrip.kube.inventory import Entry, entries


def test_entries_of_objects() -> None:
    objects = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}},
    ]
    assert entries(objects) == {Entry("apps/v1", "Deployment", "n", "a"), Entry("v1", "Namespace", "", "n")}


def test_another_version_of_its_group_is_the_same_object() -> None:
    old, new = (
        Entry("policy/v1beta1", "PodDisruptionBudget", "n", "a"),
        Entry("policy/v1", "PodDisruptionBudget", "n", "a"),
    )
    assert old.identity == new.identity
    assert Entry("v1", "Event", "n", "a").identity != Entry("events.k8s.io/v1", "Event", "n", "a").identity
