"""The cluster client, the lock and the inventory against the landing's real API server."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from airstrip.errors import KubernetesError, LockError, WaitTimeout
from airstrip.kube import Cluster, Lease, inventory
from tests.cluster.kube_objects import NAMESPACE, config_map, own_namespace

_LEASES = "coordination.k8s.io/v1"


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster: Cluster) -> Iterator[str]:
    with own_namespace(cluster) as name:
        yield name


def test_a_second_apply_changes_nothing(cluster: Cluster) -> None:
    first = cluster.apply(config_map("twice", a="1"))
    second = cluster.apply(config_map("twice", a="1"))
    third = cluster.apply(config_map("twice", a="2"))
    assert (first.changed, second.changed, third.changed) == (True, False, True)
    assert first.object["metadata"]["resourceVersion"] == second.object["metadata"]["resourceVersion"]


def test_a_conflict_names_the_other_manager_and_force_takes_over(cluster: Cluster) -> None:
    cluster.apply(config_map("shared", a="1"))
    cluster.transport.request(
        "PATCH",
        f"/api/v1/namespaces/{NAMESPACE}/configmaps/shared",
        "change it as somebody else",
        query={"fieldManager": "somebody-else", "force": "true"},
        body=b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "2"}}',
        content_type="application/apply-patch+yaml",
    )
    with pytest.raises(KubernetesError) as refused:
        cluster.apply(config_map("shared", a="1"))
    assert refused.value.code == "kubernetes.field-conflict"
    assert "somebody-else" in refused.value.cause
    assert cluster.apply(config_map("shared", a="1"), force=True).changed


def test_a_secret_s_value_is_in_no_error(cluster: Cluster) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "bad", "namespace": NAMESPACE},
        "data": {"key": "!!not-base64-hunter2!!"},
    }
    with pytest.raises(KubernetesError) as refused:
        cluster.apply(secret)
    assert "hunter2" not in str(refused.value.to_dict())


def test_lists_are_read_in_pages(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        item = config_map(f"page-{number}")
        item["metadata"]["labels"] = {"page": "yes"}
        cluster.apply(item)
    monkeypatch.setattr("airstrip.kube.cluster._PAGE", "3")
    assert len(cluster.list("v1", "ConfigMap", NAMESPACE, label_selector="page=yes")) == 7


def test_discovery_finds_kinds_that_are_not_in_the_table(cluster: Cluster) -> None:
    assert cluster.list("scheduling.k8s.io/v1", "PriorityClass")
    with pytest.raises(KubernetesError) as unknown:
        cluster.get("example.com/v1", "Thing", "x", NAMESPACE)
    assert unknown.value.code == "kubernetes.unknown-kind"


def test_a_delete_that_is_held_says_by_what(cluster: Cluster) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.apply(held)
    with pytest.raises(WaitTimeout, match="not gone within") as kept:
        cluster.delete("v1", "ConfigMap", "held", NAMESPACE, wait=1)
    assert "example.com/hold" in kept.value.cause
    cluster.patch("v1", "ConfigMap", "held", {"metadata": {"finalizers": None}}, NAMESPACE)
    assert cluster.delete("v1", "ConfigMap", "held", NAMESPACE) is False


def test_prune_takes_only_what_is_recorded_and_spares_data(cluster: Cluster) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": NAMESPACE},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
            "storageClassName": "",
        },
    }
    old, new = config_map("old"), config_map("new")
    for item in (claim, old, new, config_map("stranger")):
        cluster.apply(item)
    recorded = inventory.entries([claim, old, new])
    inventory.write(cluster, NAMESPACE, recorded)
    assert inventory.read(cluster, NAMESPACE) == recorded
    pruned = inventory.prune(cluster, NAMESPACE, recorded, inventory.entries([new]))
    assert [entry.name for entry in pruned] == ["old"]
    assert inventory.read(cluster, NAMESPACE) == inventory.entries([claim, new])
    there = {item["metadata"]["name"] for item in cluster.list("v1", "ConfigMap", NAMESPACE)}
    assert {"new", "stranger"} <= there
    assert "old" not in there
    assert cluster.get("v1", "PersistentVolumeClaim", "data", NAMESPACE)


def test_a_living_lease_is_refused_and_a_dead_one_is_taken_over(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lease(cluster, NAMESPACE, purpose="up") as lease:
        with pytest.raises(LockError, match=r"another Airstrip \(up\)"), Lease(cluster, NAMESPACE):
            pass
        lease.check()
    assert cluster.get(_LEASES, "Lease", "airstrip", NAMESPACE) is None
    dead = subprocess.run([sys.executable, "-c", _HOLDER], capture_output=True, text=True, check=True).stdout.strip()
    _leave_lease(cluster, dead)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: pytest.fail("it waits"))
    monkeypatch.setattr("airstrip.kube.lease.time", clock)
    with Lease(cluster, NAMESPACE):
        pass


_HOLDER = "from airstrip.kube.holder import Holder; print(Holder.this_process())"


def _leave_lease(cluster: Cluster, holder: str, duration: int = 3) -> None:
    cluster.create(
        {
            "apiVersion": _LEASES,
            "kind": "Lease",
            "metadata": {"name": "airstrip", "namespace": NAMESPACE},
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": duration,
                "acquireTime": "2020-01-01T00:00:00.000000Z",
                "renewTime": "2020-01-01T00:00:00.000000Z",
            },
        }
    )


def test_a_stranger_s_lease_is_taken_over_once_it_is_not_renewed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock does not matter: a renewal stamped years ago still counts from when we first see it."""
    _leave_lease(cluster, "elsewhere/1/1/another-kernel")
    waits: list[float] = []
    monkeypatch.setattr("airstrip.kube.lease.time", SimpleNamespace(monotonic=lambda: sum(waits), sleep=waits.append))
    with Lease(cluster, NAMESPACE):
        assert 3 < sum(waits) < 4


def test_a_stranger_that_renews_is_refused(cluster: Cluster) -> None:
    _leave_lease(cluster, "elsewhere/1/1/another-kernel", duration=30)
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(1):
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
            cluster.patch(_LEASES, "Lease", "airstrip", {"spec": {"renewTime": stamp}}, NAMESPACE)

    renewer = threading.Thread(target=renew)
    renewer.start()
    try:
        with pytest.raises(LockError, match="another Airstrip"), Lease(cluster, NAMESPACE):
            pass
    finally:
        stop.set()
        renewer.join()
        cluster.delete(_LEASES, "Lease", "airstrip", NAMESPACE)
