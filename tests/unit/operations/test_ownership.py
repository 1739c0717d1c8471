"""What is somebody else's in a cluster: nothing of it is taken over or deleted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airstrip.errors import CheckError
from airstrip.events import discard
from airstrip.kube import inventory
from airstrip.manifests import ADMIN_SECRET, ManifestSet, Stage
from airstrip.operations import Session
from airstrip.operations.kept import delete_kept
from airstrip.operations.ownership import check_ownership, is_own
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

SPEC = load_spec(None, TARGET_SPECS)
OURS = {"app.kubernetes.io/managed-by": "airstrip", "app.kubernetes.io/instance": SPEC.name}
CLAIM = {"app.kubernetes.io/instance": SPEC.name, "app.kubernetes.io/component": "postgresql"}
BITNAMI = {"app.kubernetes.io/instance": SPEC.name, "app.kubernetes.io/component": "primary"}
CONTROL = SPEC.namespaces.control


def item(kind: str, name: str, labels: dict[str, str], namespace: str = CONTROL) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels, "uid": f"uid-of-{name}"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


class Objects:
    """A cluster of these objects; `deleted` are names with the uid that was asked for."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = {(each["kind"], each["metadata"]["name"]): each for each in items}
        self.deleted: list[tuple[str, str]] = []

    def get(self, _: str, kind: str, name: str, _namespace: str | None = None) -> dict[str, Any] | None:
        return self.items.get((kind, name))

    def list(self, *_: object, **__: object) -> list[dict[str, Any]]:
        return []

    def delete(self, _: str, kind: str, name: str, *__: object, preconditions: dict[str, str], **___: object) -> None:
        self.deleted.append((name, preconditions["uid"]))
        del self.items[kind, name]


def session_of(cluster: Objects, *, owns: bool = False) -> Session:
    session = Session.__new__(Session)
    target = SimpleNamespace(owns_cluster=owns)
    session.__dict__ |= {"spec": SPEC, "cluster": cluster, "target": target}
    return session


WANTED = ManifestSet((Stage("airflow", (item("Service", "postgresql", OURS), item("ConfigMap", "settings", OURS))),))


@pytest.mark.parametrize("labels", [{}, {**OURS, "app.kubernetes.io/instance": "other"}, BITNAMI])
def test_what_another_made_is_told_all_together_and_not_taken_over(labels: dict[str, str]) -> None:
    there = Objects(item("Service", "postgresql", labels), item("ConfigMap", "settings", labels))
    with pytest.raises(CheckError) as raised:
        check_ownership(session_of(there), WANTED)
    error = raised.value
    assert (error.code, error.exit_code) == ("place.taken", 3)
    assert error.details.splitlines() == [f"ConfigMap settings in {CONTROL}", f"Service postgresql in {CONTROL}"]


def test_what_it_made_itself_is_no_reason_to_stop_nor_is_a_cluster_of_its_own() -> None:
    check_ownership(session_of(Objects(item("Service", "postgresql", OURS))), WANTED)
    check_ownership(session_of(Objects(item("Service", "postgresql", {})), owns=True), WANTED)


@pytest.mark.parametrize(
    ("found", "own"),
    [
        (item("PersistentVolumeClaim", "data-postgresql-0", CLAIM), True),
        (item("PersistentVolumeClaim", "data-postgresql-0", BITNAMI), False),
        (item("PersistentVolumeClaim", "data-postgresql-0", {}), False),
        (item("ConfigMap", inventory.NAME, {"app.kubernetes.io/managed-by": "airstrip"}), True),
        (item("ConfigMap", inventory.NAME, {}), False),
        (item("Secret", "x", {"app.kubernetes.io/managed-by": "airstrip"}), False),
    ],
)
def test_labels_tell_whose_it_is(found: dict[str, Any], own: bool) -> None:
    assert is_own(SPEC.name, found) is own


def test_data_of_somebody_elses_database_stays() -> None:
    chart = Objects(item("PersistentVolumeClaim", "data-postgresql-0", BITNAMI), item("Secret", ADMIN_SECRET, OURS))
    delete_kept(session_of(chart), discard)
    assert chart.deleted == [(ADMIN_SECRET, f"uid-of-{ADMIN_SECRET}")]
    own = Objects(item("PersistentVolumeClaim", "data-postgresql-0", CLAIM))
    delete_kept(session_of(own), discard)
    assert own.deleted == [("data-postgresql-0", "uid-of-data-postgresql-0")]
