from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airstrip.errors import AirstripError
from airstrip.manifests import ManifestSet
from airstrip.platform import Platform
from airstrip.spec import Namespaces, Spec
from tests.unit.manifests.reading import all_objects, config_map, find

Compile = Callable[..., ManifestSet]
Object = dict[str, Any]
CLUSTER_SCOPED = {"Namespace", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding"}


def identities(manifests: ManifestSet) -> list[tuple[str, str, str]]:
    return [(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]) for item in all_objects(manifests)]


def test_stages_come_in_the_order_in_which_they_are_applied(compile: Compile) -> None:
    stages = {stage.name: {item["kind"] for item in stage.objects} for stage in compile().stages}
    assert list(stages) == ["settings", "foundation", "database", "migration", "airflow"]
    # Applied before what they go into is checked: nothing that runs may see them.
    assert all(item.get("immutable") for item in compile().stages[0].objects)
    assert not any(item.get("immutable") for item in compile().stages[1].objects)
    assert stages["database"] == {"Service", "StatefulSet"}
    assert stages["migration"] == {"Job"}
    assert not stages["foundation"] & {"Deployment", "StatefulSet", "Job"}


def test_the_same_inputs_give_the_same_objects(compile: Compile) -> None:
    assert compile() == compile()


def test_every_object_is_namespaced_named_once_and_labelled(compile: Compile) -> None:
    manifests = compile()
    assert len(set(identities(manifests))) == len(identities(manifests))
    for item in all_objects(manifests):
        assert item["kind"] not in CLUSTER_SCOPED
        assert item["metadata"]["namespace"] in ("mine", "mine-workers")
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "airstrip"
        assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == "mine"


def test_one_namespace_for_both_names_nothing_twice(compile: Compile, spec: Spec) -> None:
    manifests = compile(spec=spec.model_copy(update={"namespaces": Namespaces(control="one", workers="one")}))
    assert len(set(identities(manifests))) == len(identities(manifests))
    assert find(all_objects(manifests), "PersistentVolumeClaim", "dags")["spec"]["volumeName"] == "dags-control"


def test_the_path_of_the_url_is_kept_inside_the_cluster(compile: Compile, platform: Platform) -> None:
    objects = all_objects(compile(platform=replace(platform, base_url="https://example.com/data/airflow/")))
    container = find(objects, "Deployment", "api-server")["spec"]["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/data/airflow/api/v2/version"
    environment = config_map(objects, "airflow-environment")["data"]
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].endswith(".mine.svc:8080/data/airflow/execution/")


def test_the_way_in_is_the_places(compile: Compile, platform: Platform) -> None:
    inside = find(all_objects(compile()), "Service", "api-server")["spec"]
    assert inside["type"] == "ClusterIP"
    by_node = find(
        all_objects(compile(platform=replace(platform, api_server_node_port=30080))), "Service", "api-server"
    )
    assert by_node["spec"]["type"] == "NodePort"
    assert by_node["spec"]["ports"][0]["nodePort"] == 30080


@pytest.mark.parametrize(
    ("lack", "code"),
    [
        ({"volumes": ()}, "volume.not-shareable"),
        ({"storage_class": None}, "database.no-storage"),
    ],
)
def test_what_the_place_lacks_is_a_coded_error(compile: Compile, platform: Platform, lack: Object, code: str) -> None:
    with pytest.raises(AirstripError) as error:
        compile(platform=replace(platform, **lack))
    assert error.value.code == code
    assert error.value.fix


def test_a_volume_without_a_binding_in_each_namespace_is_not_shareable(compile: Compile, platform: Platform) -> None:
    dags, logs, data = platform.volumes
    one_sided = replace(logs, bindings={"control": logs.bindings["control"]})
    with pytest.raises(AirstripError) as error:
        compile(platform=replace(platform, volumes=(dags, one_sided, data)))
    assert error.value.code == "volume.not-shareable"
    assert "logs" in error.value.message


def test_the_data_of_projects_is_claimed_by_the_workers_only(compile: Compile, platform: Platform) -> None:
    claims = [item for item in all_objects(compile()) if item["kind"] == "PersistentVolumeClaim"]
    data = [item["metadata"]["namespace"] for item in claims if item["metadata"]["name"] == "data"]
    assert data == ["mine-workers"]
    with pytest.raises(AirstripError, match="the same data folder"):
        compile(platform=replace(platform, volumes=platform.volumes[:2]))
