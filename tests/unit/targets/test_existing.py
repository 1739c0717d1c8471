"""Somebody else's cluster: what keeps a deployment out of it, and what is made in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from airstrip.errors import KubernetesError, SpecError
from airstrip.platform import Binding, IngressController
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.existing.checks import not_alone, problems_of, warnings_of
from airstrip.targets.existing.cluster_facts import ClusterFacts, NamespaceFact, api_ports, enforces_policies
from airstrip.targets.existing.objects import build_cluster_objects, volumes_of
from airstrip.targets.existing.spec import ContextSpec
from airstrip.targets.existing.storage_checks import taken_volumes

GOOD = "image: {registry: example.com/team}\ntarget: {context: {shared: {nfs: {server: nfs1, path: /export}}}}\n"
CLASSES = {"fast": "ebs.csi.aws.com", "nfs-client": "cluster.local/nfs-subdir-external-provisioner"}
FACTS = ClusterFacts("1.34.2+k3s1", CLASSES, "fast", ("amd64",), (), (), (), enforces_policies=True)
RESTRICTED = NamespaceFact("restricted", limited=False, owner="shop")


def spec_of(tmp_path: Path, more: str) -> Spec:
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\n{more}")
    return load_spec(file, TARGET_SPECS, PLANNED_TARGETS)


def place_of(spec: Spec) -> ContextSpec:
    assert isinstance(spec.target, ContextSpec)
    return spec.target


INGRESS = "expose: {ingress: {host: a.example.com, tls: none}}\n"
NAMED = "expose: {{ingress: {{host: a.example.com, tls: none, class: web, controller: edge{more}}}}}\n"
FROM = "expose: {ingress: {host: a.example.com, tls: none, class: web, from: [192.0.2.0/24]}}\n"
URL = "database: {url: env:URL}\n"
UNKNOWN = "ingress.controller-unknown"
PROBLEMS = [
    ("", FACTS, []),
    ("", replace(FACTS, version="1.29.9"), ["cluster.too-old"]),
    ("", replace(FACTS, default_class=None), ["storage.no-default-class"]),
    ("", replace(FACTS, storage_classes=None), ["storage.class-unknown"]),
    # A database that is there needs no volume.
    (URL, replace(FACTS, default_class=None), []),
    (URL, replace(FACTS, storage_classes=None, default_class=None), []),
    ("", replace(FACTS, architectures=("s390x",)), ["cluster.other-architecture"]),
    # A node of ours is among them: which pods go there is another matter.
    ("", replace(FACTS, architectures=("s390x", *FACTS.architectures)), []),
    (INGRESS, FACTS, ["ingress.no-class"]),
    (INGRESS, replace(FACTS, ingresses=[IngressController("web", "k", "edge")], default_ingress="web"), []),
    (INGRESS, replace(FACTS, ingresses=[IngressController("web", "k")], default_ingress="web"), [UNKNOWN]),
    (INGRESS, replace(FACTS, ingresses=None), ["ingress.class-unknown"]),
    (NAMED.format(more=""), replace(FACTS, ingresses=None), []),
    (FROM, replace(FACTS, ingresses=None), []),
    (FROM, replace(FACTS, ingresses=[IngressController("web", "k")]), []),
    (NAMED.format(more=", allow: [192.0.2.0/24]"), replace(FACTS, ingresses=None), ["ingress.class-unknown"]),
    ("dags: {path: dags}\n", FACTS, ["dags.no-live-folder"]),
    ("namespaces: {create: false}\n", FACTS, ["namespace.absent", "namespace.absent"]),
]


@pytest.mark.parametrize(("more", "facts", "codes"), PROBLEMS)
def test_what_keeps_it_out_is_told_all_together(
    tmp_path: Path, more: str, facts: ClusterFacts, codes: list[str]
) -> None:
    spec = spec_of(tmp_path, GOOD + more)
    absent = dict.fromkeys(spec.all_namespaces)
    assert [each.code for each in problems_of(spec, place_of(spec), facts, absent)] == codes


def test_a_file_that_says_nothing_lacks_three_things(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "target: {context: mine}\n")
    codes = [each.code for each in problems_of(spec, place_of(spec), replace(FACTS, default_class=None), {})]
    assert codes == ["storage.no-default-class", "volume.not-shareable", "image.no-registry"]


@pytest.mark.parametrize(("workers", "codes"), [("shop", []), ("shop-workers", ["volume.not-shareable"])])
def test_a_class_is_shared_in_one_namespace_only(tmp_path: Path, workers: str, codes: list[str]) -> None:
    more = "image: {registry: example.com/t}\ntarget: {onprem: {shared: {class: nfs-client}}}\n"
    spec = spec_of(tmp_path, f"{more}namespaces: {{workers: {workers}}}\n")
    assert [each.code for each in problems_of(spec, place_of(spec), FACTS, {})] == codes
    logs = volumes_of(spec, place_of(spec))[0]
    assert dict(logs.bindings) == ({} if codes else {"control": Binding("", "nfs-client", "10Gi")})


def test_a_class_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD.replace("{shared", "{storageClass: gold, shared"))
    (problem,) = problems_of(spec, place_of(spec), FACTS, {})
    assert (problem.code, problem.cause) == ("storage.no-class", "It has: fast, nfs-client.")


WARNINGS = [
    ("", FACTS, RESTRICTED, []),
    ("", replace(FACTS, version="1.36.0"), RESTRICTED, ["cluster.not-listed"]),
    ("", FACTS, replace(RESTRICTED, limited=True), ["namespace.limited"]),
    ("namespaces: {create: false}\n", FACTS, replace(RESTRICTED, level="baseline"), ["namespace.not-restricted"]),
    # `up` labels those that it makes.
    ("", FACTS, replace(RESTRICTED, level=""), []),
    ("", replace(FACTS, architectures=("amd64", "arm64")), RESTRICTED, ["cluster.mixed-architectures"]),
    ("", replace(FACTS, enforces_policies=False), RESTRICTED, ["network.not-enforced"]),
    ("", replace(FACTS, enforces_policies=None), RESTRICTED, ["network.not-enforced"]),
]


@pytest.mark.parametrize(("more", "facts", "namespace", "codes"), WARNINGS)
def test_what_its_owner_should_know(
    tmp_path: Path, more: str, facts: ClusterFacts, namespace: NamespaceFact, codes: list[str]
) -> None:
    spec = spec_of(tmp_path, GOOD + more)
    assert [each.code for each in warnings_of(spec, facts, {"shop": namespace})] == codes


@pytest.mark.parametrize("enforces", [False, None])
@pytest.mark.parametrize(("more", "is_told"), [("", False), (INGRESS, True)])
def test_without_policies_an_ingress_is_believed_from_anywhere(
    tmp_path: Path, more: str, enforces: bool | None, *, is_told: bool
) -> None:
    spec = spec_of(tmp_path, GOOD + more)
    facts = replace(FACTS, enforces_policies=enforces)
    (warning,) = warnings_of(spec, facts, {"shop": RESTRICTED})
    assert (warning.code, "any pod may reach Airflow" in warning.cause) == ("network.not-enforced", is_told)


@pytest.mark.parametrize(("more", "codes"), [("", ["namespace.not-ours"]), ("namespaces: {create: false}\n", [])])
@pytest.mark.parametrize("owner", [None, "other"])
def test_a_namespace_of_somebody_elses_is_landed_in_only_where_the_file_says_so(
    tmp_path: Path, more: str, codes: list[str], owner: str | None
) -> None:
    spec = spec_of(tmp_path, GOOD + more)
    found = {"shop": replace(RESTRICTED, owner=owner), "shop-workers": RESTRICTED}
    assert [each.code for each in problems_of(spec, place_of(spec), FACTS, found)] == codes


def test_a_class_of_disks_is_not_shared_and_those_that_are_are_named(tmp_path: Path) -> None:
    more = "image: {registry: example.com/t}\ntarget: {context: {shared: {class: fast}}}\n"
    spec = spec_of(tmp_path, f"{more}namespaces: {{workers: shop}}\n")
    (problem,) = problems_of(spec, place_of(spec), FACTS, {})
    assert (problem.code, "nfs-client" in problem.cause) == ("volume.not-shareable", True)


def test_a_volume_that_is_there_for_another_claim_is_not_taken_over(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD)
    volumes = [item for item in build_cluster_objects(spec, place_of(spec)) if item["kind"] == "PersistentVolume"]
    moved = spec_of(tmp_path, GOOD + "namespaces: {control: team, workers: team-tasks}\n")
    found = {item["metadata"]["name"]: item for item in build_cluster_objects(moved, place_of(moved))}
    assert [each.code for each in taken_volumes(volumes, {})] == []
    assert [each.code for each in taken_volumes(volumes, {each["metadata"]["name"]: each for each in volumes})] == []
    assert [each.code for each in taken_volumes(volumes, found)] == ["volume.taken"] * len(volumes)


def test_a_volume_of_a_deleted_claim_is_bound_to_no_other(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD)
    (*_, volume) = build_cluster_objects(spec, place_of(spec))
    name = volume["metadata"]["name"]
    assert not [*taken_volumes([volume], {name: {**volume, "status": {"phase": "Bound"}}})]
    (problem,) = taken_volumes([volume], {name: {**volume, "status": {"phase": "Released"}}})
    assert (problem.code, f"kubectl patch pv {name}" in problem.fix) == ("volume.released", True)


def test_pods_of_others_would_be_cut_off() -> None:
    assert not [*not_alone({})]
    (problem,) = not_alone({"team": ["web-1", "web-2", "web-3", "web-4"]})
    assert problem.code == "namespace.not-alone"
    assert problem.symptom.endswith(": web-1, web-2, web-3 …")


def daemon(name: str, *args: str) -> dict[str, Any]:
    containers = [{"name": "agent", "args": list(args)}]
    return {"metadata": {"name": name}, "spec": {"template": {"spec": {"containers": containers}}}}


@pytest.mark.parametrize(
    ("version", "daemons", "enforced"),
    [
        ("1.34.1", [], None),
        ("1.34.1", [daemon("fluent-bit")], None),
        ("1.34.1", [daemon("cilium"), daemon("fluent-bit")], True),
        ("1.34.1", [daemon("kube-flannel-ds")], False),
        ("1.34.1+k3s1", [], True),
        ("1.34.1-eks-1", [daemon("aws-node", "--enable-network-policy=false")], False),
        ("1.34.1-eks-1", [daemon("aws-node", "--enable-network-policy=true")], True),
    ],
)
def test_network_plugins_tell_whether_policies_are_enforced(
    version: str, daemons: list[dict[str, Any]], enforced: bool | None
) -> None:
    assert enforces_policies(version, daemons) is enforced


@pytest.mark.parametrize(
    ("role", "enforced"),
    [
        (None, None),
        ({"rules": None}, False),
        ({"rules": [{"resources": ["nodes"]}]}, False),
        ({"rules": [{"resources": ["nodes"]}, {"resources": ["pods", "networkpolicies"]}]}, True),
    ],
)
def test_kindnet_enforces_what_it_may_read(role: dict[str, Any] | None, enforced: bool | None) -> None:
    assert enforces_policies("1.34.1", [daemon("kindnet")], role) is enforced


@pytest.mark.parametrize(
    ("slices", "ports"),
    [
        ([], (443, 6443)),
        ([{}], (443, 6443)),
        ([{"ports": [{"name": "https", "port": 16443, "protocol": "TCP"}]}], (443, 16443)),
        ([{"ports": [{"port": 443}]}, {"ports": [{"port": 8443}]}], (443, 8443)),
    ],
)
def test_the_api_servers_ports_are_those_behind_its_service(
    slices: list[dict[str, Any]], ports: tuple[int, ...]
) -> None:
    assert api_ports(slices) == ports


def test_of_an_export_each_namespace_has_a_volume_of_its_own(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD)
    objects = build_cluster_objects(spec, place_of(spec))
    assert [(item["kind"], item["metadata"]["name"]) for item in objects] == [
        ("Namespace", "shop"),
        ("Namespace", "shop-workers"),
        ("PersistentVolume", "shop-dags-control"),
        ("PersistentVolume", "shop-dags-workers"),
        ("PersistentVolume", "shop-logs-control"),
        ("PersistentVolume", "shop-logs-workers"),
        ("PersistentVolume", "shop-data-workers"),
    ]
    volume = objects[5]["spec"]
    assert volume["nfs"] == {"server": "nfs1", "path": "/export/logs"}
    assert volume["claimRef"]["namespace"] == "shop-workers"
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"


def test_given_namespaces_are_not_made(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, GOOD + "namespaces: {create: false}\n")
    assert {item["kind"] for item in build_cluster_objects(spec, place_of(spec))} == {"PersistentVolume"}


def test_onprem_says_what_is_shared(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        spec_of(tmp_path, "target: onprem\n")
    (problem,) = raised.value.problems
    assert "behind the volumes" in problem.message


class Closed:
    """A cluster that tells whoever asks its version, and nothing else."""

    def server_version(self) -> str:
        return "1.34.2"

    def refuse(self, *_: object, **__: object) -> NoReturn:
        raise KubernetesError("kubernetes.forbidden", "not yours", status=403)

    get = list = refuse

    def close(self) -> None:
        """Of no interest."""


def test_who_may_look_at_nothing_gets_as_far_as_to_be_told_of_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = GOOD.replace("{shared", "{storageClass: gold, shared") + "namespaces: {create: false}\n"
    monkeypatch.setattr("airstrip.targets.existing.target.connect", lambda *_: Closed())
    target = make_target(spec_of(tmp_path, file))
    assert [warning.code for warning in target.check()] == ["network.not-enforced"]
