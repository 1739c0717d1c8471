"""What a cluster in Docker offers, and in which order it comes to that; its API is replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airstrip.errors import CheckError, KubernetesError
from airstrip.events import Event, Warned, discard
from airstrip.targets.docker import cluster as docker_cluster
from airstrip.targets.docker import target as docker_target
from airstrip.targets.docker.target import DockerTarget
from airstrip.targets.existing.cluster_facts import ClusterFacts, NamespaceFact
from tests.unit.targets.docker.stand_in import Machine, binds_of, maker_of, spec_of

NODE, SERVICES = ("172.18.0.2/32",), ("10.96.0.0/16",)
FACTS = ClusterFacts(
    "1.36.0", {"standard": "local"}, "standard", (), SERVICES, ("10.244.0.0/24",), NODE, enforces_policies=True
)


class Api:
    """The cluster's: away for the first `silent` calls; its node has these taints."""

    def __init__(self) -> None:
        self.taints: list[dict[str, str]] = []
        self.runtime = "containerd://2.1.0"
        self.facts = FACTS
        self.volumes: dict[str, Any] = {}
        self.silent = 0
        self.owner = "shop"
        self.deleted: list[str] = []

    def connect(self, _: Path, *, direct: bool) -> Any:
        assert direct
        calls = {"get": self.get, "delete": self.delete, "server_version": self.version}
        return SimpleNamespace(close=lambda: None, list=lambda *_, **__: [], **calls)

    def get(self, _: str, kind: str, *__: str) -> Any:
        labels = {"app.kubernetes.io/managed-by": "airstrip", "app.kubernetes.io/instance": self.owner}
        if kind in ("Namespace", "PersistentVolume"):
            return {"metadata": {"labels": labels}}
        status = {"nodeInfo": {"containerRuntimeVersion": self.runtime}}
        return {"spec": {"taints": self.taints}, "status": status} if kind == "Node" else None

    def delete(self, _: str, kind: str, name: str, *, wait: float) -> None:
        self.deleted.append(f"{kind} {name}")

    def version(self) -> str:
        self.silent -= 1
        if self.silent >= 0:
            raise KubernetesError("kubernetes.unreachable", "it is away")
        return "1.36.0"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    monkeypatch.setattr(docker_cluster, "connect", api.connect)
    monkeypatch.setattr(docker_cluster, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(docker_target, "read_cluster", lambda cluster: cluster.server_version() and api.facts)
    monkeypatch.setattr(docker_target, "read_volumes", lambda *_: api.volumes)
    monkeypatch.setattr(docker_target, "read_namespaces", lambda *_: {})
    monkeypatch.setattr(docker_target, "plan_changes", lambda *_: [])
    monkeypatch.setattr(docker_target, "wait_for_default_service_account", lambda *_, **__: None)
    return api


def target_of(folder: Path, target: str = "kind", more: str = "") -> tuple[DockerTarget, Machine]:
    spec = spec_of(folder, target, more)
    machine = Machine(maker_of(spec))
    return DockerTarget(spec, machine.maker, machine.programs), machine


def test_it_is_made_then_prepared_and_says_what_it_offers(tmp_path: Path, api: Api) -> None:
    told: list[Event] = []
    target, machine = target_of(tmp_path, more="projects: {sales: {}}\n")
    api.silent = 2
    platform = target.ensure(told.append, lambda _: True)
    machine.maker.client.kubeconfig.write_text("x")
    assert target.describe() == platform
    assert [text.split()[0] for text in machine.told[:2]] == ["kind", "kind"]
    assert machine.told[2].endswith("logs dags data data/sales")
    assert platform.host_address == "172.18.0.1"
    assert platform.data_folder == str(tmp_path / ".airstrip" / "shop" / "volumes" / "data")
    assert (platform.place, platform.storage_class, platform.registry) == ("kind", "standard", None)
    assert [event.code for event in told if isinstance(event, Warned)] == ["cluster.not-listed"]


def test_of_a_given_cluster_all_that_stops_a_landing_is_told_before_anything_is_made(tmp_path: Path, api: Api) -> None:
    target, machine = target_of(tmp_path, "{kind: {cluster: lab}}")
    machine.binds = []
    api.taints = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    api.runtime = "docker://29.0.0"
    api.facts = replace(FACTS, version="1.20.0")
    api.volumes = {"shop-logs-control": {"spec": {"claimRef": {"namespace": "theirs", "name": "logs"}}}}
    for ask in (target.check, target.plan, lambda: target.ensure(discard, lambda _: True)):
        machine.told = []
        with pytest.raises(CheckError) as raised:
            ask()
        codes = [finding.code for finding in raised.value.findings]
        assert raised.value.code == "place.unsuitable"
        assert codes == ["place.no-pods", "place.other-runtime", "cluster.too-old", "volume.taken"]
        assert machine.told == [str(machine.maker.write_kubeconfig())]


def test_in_a_node_that_is_given_nothing_is_made_but_below_a_folder_of_the_deployment_s_name(
    tmp_path: Path, api: Api
) -> None:
    target, machine = target_of(tmp_path, "{kind: {cluster: lab}}")
    machine.binds = []
    assert [each.code for each in target.check()] == ["cluster.not-listed"]
    machine.told = []
    target.ensure(discard, lambda _: True)
    assert "/var/lib/airstrip/shop/volumes" in machine.told[1]


def test_one_that_does_not_answer_is_starting_and_offers_nothing(tmp_path: Path, api: Api) -> None:
    target, machine = target_of(tmp_path)
    machine.binds = binds_of(machine.maker)
    machine.maker.client.volumes.mkdir(parents=True)
    machine.maker.client.kubeconfig.write_text("x")
    api.silent = 99
    assert target.condition() == "starting"
    assert target.describe() is None
    api.silent = 0
    assert target.condition() == "ready"


@pytest.mark.parametrize("target", ["kind", "{kind: {cluster: lab}}"])
def test_a_kubeconfig_that_is_lost_is_written_again_by_whoever_asks_what_runs(
    tmp_path: Path, api: Api, target: str
) -> None:
    """Without it `down` would take the deployment for one that is not there."""
    place, machine = target_of(tmp_path, target)
    machine.binds = binds_of(machine.maker) if target == "kind" else []
    assert place.describe() is not None
    assert machine.told == [str(machine.maker.write_kubeconfig())]
    machine.running, machine.told = False, []
    assert place.describe() is None
    assert machine.told == []


def test_of_one_that_was_there_before_only_the_deployment_s_own_goes(tmp_path: Path, api: Api) -> None:
    target, machine = target_of(tmp_path, "{kind: {cluster: lab}}")
    machine.binds = ["/somewhere:/else"]
    target.check()
    assert target.owns_cluster is False
    assert list(target.destroy(discard, data=True)) == []
    # Namespaces first: a volume stays as long as a claim is bound to it.
    assert api.deleted[:3] == ["Namespace shop", "Namespace shop-workers", "PersistentVolume shop-dags-control"]
    assert [text.split()[:2] for text in machine.told] == [["kind", "export"], ["docker", "exec"]]
    api.owner, api.deleted = "other", []
    target.destroy(discard, data=True)
    assert api.deleted == []


def test_namespaces_of_another_deployment_are_not_taken_over(
    tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {"shop": NamespaceFact("restricted", limited=False, owner="other")}
    monkeypatch.setattr(docker_target, "read_namespaces", lambda *_: taken)
    target, _ = target_of(tmp_path)
    with pytest.raises(CheckError) as raised:
        target.ensure(discard, lambda _: True)
    assert "shop" in raised.value.findings[0].symptom


def test_namespaces_that_are_given_are_not_made(tmp_path: Path, api: Api) -> None:
    target, _ = target_of(tmp_path, more="namespaces: {create: false}\n")
    assert {item["kind"] for item in target.cluster_objects()} == {"PersistentVolume"}
