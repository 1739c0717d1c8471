from __future__ import annotations

import pytest

from airstrip.kube.inventory import Entry, entries, prunable

KEPT = ("Namespace", "PersistentVolume", "PersistentVolumeClaim")


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


@pytest.mark.parametrize("api_version", ["v1", "v2"])
@pytest.mark.parametrize("kind", KEPT)
def test_no_namespace_volume_or_claim_is_ever_prunable(kind: str, api_version: str) -> None:
    """Though it is recorded and nothing wants it any more, as after `down` or a changed file."""
    recorded = Entry(api_version, kind, "" if kind != "PersistentVolumeClaim" else "n", "data")
    other = Entry("v1", "ConfigMap", "n", "data")
    assert prunable([recorded, other], []) == [other]
    assert prunable([recorded], [other]) == []


def test_what_is_wanted_no_more_is_prunable_and_what_runs_goes_first() -> None:
    settings, account = Entry("v1", "ConfigMap", "n", "a"), Entry("v1", "ServiceAccount", "n", "a")
    work, kept = Entry("apps/v1", "Deployment", "n", "z"), Entry("v1", "Service", "n", "a")
    assert prunable([settings, account, work, kept], [kept]) == [work, settings, account]
