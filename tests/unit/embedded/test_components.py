from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from airstrip.embedded.components import build_components, build_plan
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.host import HostFacts
from airstrip.embedded.objects import build_objects
from airstrip.embedded.settings import build_settings
from airstrip.embedded.subnets import carve
from airstrip.embedded.supervisor.plan import Component, dump_plan, load_plan, read_plan
from airstrip.embedded.supervisor.processes import stop_order

CONFIG = NodeConfig(
    "demo", Path("/state/demo"), Path("/run/demo"), Path("/bin/node"), carve(IPv4Network("10.77.0.0/16"))
)
HOST = HostFacts(
    cgroup_version=1,
    may_lower_oom_score=False,
    bridge_netfilter=True,
    mtu=1400,
    ip="/sbin/ip",
    nft="/sbin/nft",
    iptables="",
)


def component(name: str) -> Component:
    return next(entry for entry in build_components(CONFIG) if entry.name == name)


def kubelet(host: HostFacts) -> dict[str, object]:
    return dict(json.loads(build_settings(CONFIG, host)["kubelet.json"]))


def test_every_need_is_a_component_that_comes_before() -> None:
    seen: set[str] = set()
    for entry in build_components(CONFIG):
        assert set(entry.needs) <= seen, entry.name
        seen.add(entry.name)


def test_stop_goes_from_users_to_used() -> None:
    groups = [{entry.name for entry in group} for group in stop_order(build_components(CONFIG))]
    place = {name: index for index, names in enumerate(groups) for name in names}
    assert {"kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"} <= groups[0]
    assert place["kubelet"] < place["containerd"]
    assert place["kubelet"] < place["kube-apiserver"] < place["etcd"]


def test_plan_survives_its_file(tmp_path: Path) -> None:
    plan = build_plan(CONFIG, HOST, "v")
    (tmp_path / "plan.json").write_text(dump_plan(plan))
    assert load_plan(tmp_path / "plan.json") == plan


def test_plan_of_another_version_is_none(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    assert read_plan(path) is None
    document = json.loads(dump_plan(build_plan(CONFIG, HOST, "v")))
    for text in ("", "[]", json.dumps({**document, "network": {}}), json.dumps({**document, "more": 1})):
        path.write_text(text)
        assert read_plan(path) is None


def test_digest_follows_plan_and_contents() -> None:
    plan = build_plan(CONFIG, HOST, "v")
    assert plan.digest == build_plan(CONFIG, HOST, "v").digest
    assert plan.digest != build_plan(CONFIG, HOST, "w").digest
    assert plan.digest != build_plan(replace(CONFIG, port=9090), HOST, "v").digest


def test_no_secret_is_in_an_argument() -> None:
    for entry in build_components(CONFIG):
        assert not any("PRIVATE KEY" in word or "BEGIN" in word for word in entry.argv)


def test_etcd_writes_through_and_listens_on_a_socket() -> None:
    argv = component("etcd").argv
    assert "--unsafe-no-fsync" not in argv
    assert "--listen-client-urls=unix:///run/demo/etcd.sock" in argv


def test_api_server_takes_certificates_only() -> None:
    argv = component("kube-apiserver").argv
    assert "--anonymous-auth=false" in argv
    assert "--authorization-mode=Node,RBAC" in argv


def test_only_containerd_ends_containers() -> None:
    assert [entry.name for entry in build_components(CONFIG) if entry.stops_containers] == ["containerd"]


@pytest.mark.parametrize(("version", "fails"), [(1, False), (2, True)])
def test_kubelet_accepts_version_1_only_where_it_is_one(version: int, fails: bool) -> None:
    assert kubelet(replace(HOST, cgroup_version=version))["failCgroupV1"] is fails


def test_kubelet_keeps_to_its_cgroup_and_asks_the_node_for_names() -> None:
    settings = kubelet(HOST)
    assert settings["cgroupRoot"] == f"/{CONFIG.cgroup}"
    assert settings["clusterDNS"] == ["10.77.255.254"]
    assert settings["imageGCHighThresholdPercent"] == 100
    assert settings["crashLoopBackOff"] == {"maxContainerRestartPeriod": "30s"}


@pytest.mark.parametrize("may", [True, False])
def test_containerd_restricts_oom_scores_without_the_capability(may: bool) -> None:
    text = build_settings(CONFIG, replace(HOST, may_lower_oom_score=may))["containerd.toml"]
    runtime = tomllib.loads(text)["plugins"]["io.containerd.cri.v1.runtime"]
    assert runtime["restrict_oom_score_adj"] is not may
    assert runtime["cni"]["bin_dirs"] == ["/state/demo/programs"]


def test_containerd_file_stands_any_path() -> None:
    config = replace(CONFIG, state_dir=Path('/a "quoted" \\ path'))
    assert tomllib.loads(build_settings(config, HOST)["containerd.toml"])["root"].startswith('/a "quoted" \\')


@pytest.mark.parametrize("present", [True, False])
def test_services_are_masked_where_the_bridge_bypasses_the_filter(present: bool) -> None:
    proxy = json.loads(build_settings(CONFIG, replace(HOST, bridge_netfilter=present))["proxy.json"])
    assert proxy["mode"] == "nftables"
    assert proxy["nftables"]["masqueradeAll"] is not present


def test_names_outside_go_to_the_relay_on_the_host() -> None:
    corefile = build_settings(CONFIG, HOST)["Corefile"]
    assert "forward . 10.77.255.253:10053" in corefile
    assert "bind 10.77.255.254" in corefile


def test_settings_hold_no_secret() -> None:
    for text in build_settings(CONFIG, HOST).values():
        assert "PRIVATE KEY" not in text
        assert "client-key-data" not in text


def test_storage_class_is_the_default_and_retains() -> None:
    objects = [entry["object"] for entry in build_objects(CONFIG)]
    found = next(item for item in objects if item["kind"] == "StorageClass")
    assert found["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert (found["reclaimPolicy"], found["volumeBindingMode"]) == ("Retain", "Immediate")


def test_objects_name_their_own_path() -> None:
    for entry in build_objects(CONFIG):
        assert entry["path"].endswith("/" + entry["object"]["metadata"]["name"])
