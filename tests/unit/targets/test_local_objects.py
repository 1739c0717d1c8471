"""The cluster-scoped objects that the local place makes."""

from __future__ import annotations

import pytest

from airstrip.platform import Purpose
from airstrip.spec import Namespaces, Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS
from airstrip.targets.local.objects import build_cluster_objects, shared_volumes

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
