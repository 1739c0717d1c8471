"""The cluster-scoped objects that the local place makes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.platform import Purpose
from airstrip.spec import Namespaces, Project, Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS
from airstrip.targets.landed import require_own_namespaces
from airstrip.targets.node_folders import build_cluster_objects
from airstrip.targets.shared_volumes import shared_volumes

FOLDERS: dict[Purpose, str] = {"dags": "/state/dags", "logs": "/state/logs", "data": "/state/data"}


@pytest.fixture
def spec() -> Spec:
    return load_spec(None, TARGET_SPECS)


def test_both_namespaces_enforce_restricted_pod_security(spec: Spec) -> None:
    objects = build_cluster_objects(spec, FOLDERS, "node")
    namespaces = {item["metadata"]["name"]: item for item in objects if item["kind"] == "Namespace"}
    assert set(namespaces) == {"airflow", "airflow-workers"}
    for namespace in namespaces.values():
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_one_folder_is_bound_once_in_each_namespace(spec: Spec) -> None:
    objects = build_cluster_objects(spec, FOLDERS, "node")
    volumes = [item["spec"] for item in objects if item["kind"] == "PersistentVolume"]
    bound = {(v["claimRef"]["namespace"], v["claimRef"]["name"], v["local"]["path"]) for v in volumes}
    assert bound == {
        ("airflow", "dags", "/state/dags"),
        ("airflow", "logs", "/state/logs"),
        ("airflow-workers", "dags", "/state/dags"),
        ("airflow-workers", "logs", "/state/logs"),
        # The control plane does not see what projects keep.
        ("airflow-workers", "data", "/state/data"),
    }
    assert all(v["persistentVolumeReclaimPolicy"] == "Retain" for v in volumes)


def test_volume_names_are_those_that_the_platform_tells(spec: Spec) -> None:
    objects = build_cluster_objects(spec, FOLDERS, "node")
    made = {item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolume"}
    told = {binding.volume for volume in shared_volumes(spec) for binding in volume.bindings.values()}
    assert made == told


def test_one_namespace_has_one_volume_for_each_claim(spec: Spec) -> None:
    one = spec.model_copy(update={"namespaces": Namespaces(control="both", workers="both")})
    objects = build_cluster_objects(one, FOLDERS, "node")
    claims = [item["spec"]["claimRef"]["name"] for item in objects if item["kind"] == "PersistentVolume"]
    assert sorted(claims) == ["dags", "data", "logs"]


@pytest.fixture
def own(spec: Spec) -> Spec:
    projects = {
        "sales": Project(namespace="sales-pods", place="airstrip.yaml:4"),
        "stored": Project(namespace="stored-pods", data="s3://bucket"),
        "rides": Project(),
    }
    return spec.model_copy(update={"projects": projects})


def test_a_project_s_own_namespace_is_as_the_workers_and_says_whose_it_is(own: Spec) -> None:
    objects = build_cluster_objects(own, FOLDERS, "node")
    labels = {item["metadata"]["name"]: item["metadata"]["labels"] for item in objects if item["kind"] == "Namespace"}
    assert list(labels) == ["airflow", "airflow-workers", "sales-pods", "stored-pods"]
    assert labels["sales-pods"] == {**labels["airflow-workers"], "airstrip/project": "sales"}


def test_its_volume_of_data_is_its_own_folder_and_none_where_data_is_elsewhere(own: Spec) -> None:
    objects = build_cluster_objects(own, FOLDERS, "node")
    volumes = [item for item in objects if item["kind"] == "PersistentVolume"]
    bound = {(v["spec"]["claimRef"]["namespace"], v["spec"]["local"]["path"]) for v in volumes}
    assert {path for namespace, path in bound if namespace == "sales-pods"} == {
        *("/state/dags", "/state/logs", "/state/data/sales")
    }
    assert {path for namespace, path in bound if namespace == "stored-pods"} == {"/state/dags", "/state/logs"}
    told = [b.volume for v in shared_volumes(own) for b in (*v.bindings.values(), *v.projects.values())]
    assert sorted(told) == sorted(item["metadata"]["name"] for item in volumes)


@pytest.mark.parametrize("whose", ["", "rides"])
def test_a_namespace_that_is_somebody_else_s_is_left_alone(own: Spec, whose: str) -> None:
    labels = {"app.kubernetes.io/instance": "airflow", **({"airstrip/project": whose} if whose else {})}
    with pytest.raises(AirstripError, match=r"airstrip\.yaml:4: the namespace sales-pods is there already") as raised:
        require_own_namespaces(own, there({"sales-pods": labels}))
    assert raised.value.code == "project.taken"
    assert (whose or "Somebody else") in raised.value.cause


def test_a_namespace_of_the_project_itself_is_taken_up_again(own: Spec) -> None:
    labels = {"app.kubernetes.io/instance": "airflow", "airstrip/project": "sales", "more": "x"}
    require_own_namespaces(own, there({"sales-pods": labels}))


def there(labels: dict[str, dict[str, str]]) -> Cluster:
    def get(_: str, __: str, name: str) -> Any:
        return {"metadata": {"name": name, "labels": labels[name]}} if name in labels else None

    return cast("Cluster", SimpleNamespace(get=get))
