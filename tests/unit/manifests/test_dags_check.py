"""The Job of a check: what the DAG processor has, and nothing that is secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from airstrip.manifests import CHECK_FOLDERS, ManifestSet, build_check, environment_map, missing_mounts
from airstrip.manifests.pod_security import CONTAINER
from airstrip.platform import Platform
from airstrip.spec import Dags, GitBundle, Spec
from tests.unit.manifests.reading import all_objects, config_map, find

Object = dict[str, Any]


@pytest.fixture
def job(objects: list[Object]) -> Object:
    return make(objects)


def make(objects: list[Object]) -> Object:
    processor = find(objects, "Deployment", "dag-processor")
    return build_check(processor, settings(objects), deployment="mine", namespace="mine-workers")


def settings(objects: list[Object]) -> Mapping[str, str]:
    data: Mapping[str, str] = config_map(objects, "airflow-environment")["data"]
    return data


def test_it_knows_the_settings_map_by_its_hashed_name(objects: list[Object]) -> None:
    name = environment_map(find(objects, "Deployment", "dag-processor"))
    assert name == config_map(objects, "airflow-environment")["metadata"]["name"]


def test_it_has_the_processor_s_image_and_environment_but_no_secret(objects: list[Object], job: Object) -> None:
    processor = find(objects, "Deployment", "dag-processor")["spec"]["template"]["spec"]["containers"][0]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == processor["image"]
    given = {entry["name"]: entry["value"] for entry in container["env"]}
    assert given == settings(objects)
    assert "secret" not in json.dumps([job["spec"]["template"]["spec"]["volumes"], container["env"]]).lower()
    assert any("secretKeyRef" in entry.get("valueFrom", {}) for entry in processor["env"])


def test_it_is_told_of_projects_as_the_processor_is(objects: list[Object], job: Object) -> None:
    processor, pod = (
        find(objects, "Deployment", "dag-processor")["spec"]["template"]["spec"],
        job["spec"]["template"]["spec"],
    )

    def told(pod: Object) -> tuple[Object, Object]:
        (volume,) = (each for each in pod["volumes"] if each["name"] == "airstrip-projects")
        mounts = pod["containers"][0]["volumeMounts"]
        return volume, next(mount for mount in mounts if mount["name"] == volume["name"])

    assert told(pod) == told(processor)


def test_projects_that_are_to_be_landed_are_told_of_before_the_cluster_has_them(objects: list[Object]) -> None:
    processor = find(objects, "Deployment", "dag-processor")
    job = build_check(processor, {}, deployment="mine", namespace="w", projects='{"sales": {}}')
    pod = job["spec"]["template"]["spec"]
    assert {"name": "AIRSTRIP_PROJECTS", "value": '{"sales": {}}'} in pod["containers"][0]["env"]
    assert "airstrip-projects" not in json.dumps([pod["volumes"], pod["containers"][0]["volumeMounts"]])


def test_it_is_restricted_has_no_token_and_ends_by_itself(job: Object) -> None:
    spec = job["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in spec
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"] == CONTAINER
    assert job["metadata"]["namespace"] == "mine-workers"
    assert job["spec"]["activeDeadlineSeconds"] <= 900
    assert job["spec"]["ttlSecondsAfterFinished"] <= 60


def test_where_dags_come_from_git_a_folder_of_them_is_checked_as_well(
    compile: Callable[..., ManifestSet], spec: Spec
) -> None:
    """And the Secret that git reads is not there: nobody clones."""
    bundle = GitBundle(name="main", repo="https://h/r", ref="main", path="", refresh=10, username="git", token="env:A")
    from_git = spec.model_copy(update={"dags": Dags(git=(bundle,))})
    pod = make(all_objects(compile(spec=from_git)))["spec"]["template"]["spec"]
    mounts = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert {"name": mounts[CHECK_FOLDERS["dags"]], "emptyDir": {}} in pod["volumes"]
    assert not any("secret" in volume for volume in pod["volumes"])


def test_it_mounts_only_what_its_namespace_has_and_can_write_the_folder_of_dags(
    objects: list[Object], job: Object
) -> None:
    spec = job["spec"]["template"]["spec"]
    here = {item["metadata"]["name"] for item in objects if item["metadata"]["namespace"] == "mine-workers"}
    for volume in spec["volumes"]:
        assert "emptyDir" in volume or volume["configMap"]["name"] in here, volume
    mounts = {mount["mountPath"]: mount for mount in spec["containers"][0]["volumeMounts"]}
    assert not mounts[CHECK_FOLDERS["dags"]].get("readOnly")
    assert {"/tmp", "/opt/airflow/airstrip", "/opt/airflow/airstrip-dags"} <= set(mounts)


def test_it_knows_this_machine_as_the_processor_does(platform: Platform, compile: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compile(platform=replace(platform, host_address="192.0.2.1")))
    assert make(objects)["spec"]["template"]["spec"]["hostAliases"] == [
        {"ip": "192.0.2.1", "hostnames": ["host.internal"]}
    ]


def test_what_the_file_says_of_the_processor_s_pods_counts(spec: Spec, compile: Callable[..., ManifestSet]) -> None:
    from airstrip.spec import Component

    component = Component(
        env={"MORE": "$x"},
        node_selector={"disk": "fast"},
        volumes=({"name": "own", "secret": {"secretName": "theirs"}},),
        mounts=({"name": "own", "mountPath": "/own"},),
    )
    objects = all_objects(compile(spec=spec.model_copy(update={"components": {"dag-processor": component}})))
    made = make(objects)
    pod = made["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"disk": "fast"}
    assert {"name": "MORE", "value": "$$x"} in pod["containers"][0]["env"]
    assert "theirs" not in json.dumps(made)
    assert "/own" not in json.dumps(made)
    own = find(objects, "Deployment", "dag-processor")
    assert missing_mounts(own) == ("/opt/airflow/airstrip-scripts", "/own")
