"""What the file says of a component's pods is in them, and fits what Airstrip says of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.manifests import SECRETS, ManifestSet
from airstrip.spec import Component, Spec
from airstrip.spec.own_pods import OWN_CONTAINERS, OWN_SECRETS, OWN_VOLUMES, is_own_object
from tests.unit.manifests.reading import all_objects, containers, find, templates

Object = dict[str, Any]
Build = Callable[..., list[Object]]
PODS = ("api-server", "scheduler", "dag-processor", "triggerer", "postgresql", "task")


@pytest.fixture
def build(compile: Callable[..., ManifestSet], spec: Spec) -> Build:
    """The deployment's objects, with something said of one component."""

    def build(name: str, **words: Any) -> list[Object]:
        return all_objects(compile(spec=spec.model_copy(update={"components": {name: Component(**words)}})))

    return build


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_placed_and_no_other_changes(build: Build, objects: list[Object], name: str) -> None:
    toleration = {"key": "spot", "operator": "Exists"}
    found = templates(build(name, node_selector={"disk": "ssd"}, tolerations=(toleration,)))
    assert found[name]["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert found[name]["spec"]["tolerations"] == [toleration]
    plain = templates(objects)
    changed = {pod for pod in plain if plain[pod] != found[pod]}
    # The scheduler reads the tasks' template.
    assert changed == {name} | ({"scheduler"} if name == "task" else set())


@pytest.mark.parametrize("name", PODS)
def test_volumes_and_sidecars_come_beside_what_a_pod_has(build: Build, objects: list[Object], name: str) -> None:
    volume = {"name": "models", "emptyDir": {}}
    mount = {"name": "models", "mountPath": "/opt/models"}
    sidecar = {"name": "cache", "image": "example.com/cache:1"}
    found = templates(build(name, volumes=(volume,), mounts=(mount,), sidecars=(sidecar,)))[name]["spec"]
    plain = templates(objects)[name]["spec"]
    assert found["volumes"] == [*plain["volumes"], volume]
    (own,), (plain_own,) = found["containers"], plain["containers"]
    assert own == {**plain_own, "volumeMounts": [*plain_own["volumeMounts"], mount]}
    # Of Kubernetes' own kind: a task's pod would not end otherwise.
    (beside,) = found["initContainers"]
    assert (beside["image"], beside["restartPolicy"]) == (sidecar["image"], "Always")


def test_every_pod_has_the_pull_secrets_once(compile: Callable[..., ManifestSet], spec: Spec) -> None:
    image = spec.image.model_copy(update={"pull_secrets": ("ours",)})
    pods = templates(all_objects(compile(spec=spec.model_copy(update={"image": image}))))
    assert {*pods} == {*PODS, "migration"}
    assert all(pod["spec"]["imagePullSecrets"] == [{"name": "ours"}] for pod in pods.values())


def test_what_a_sidecar_lacks_for_restricted_is_filled_in(build: Build) -> None:
    said = {"runAsUser": 1000, "capabilities": {"add": ["NET_BIND_SERVICE"]}}
    sidecars = ({"name": "a", "image": "i"}, {"name": "b", "image": "i", "securityContext": said})
    one, two = templates(build("task", sidecars=sidecars))["task"]["spec"]["initContainers"]
    assert one["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert two["securityContext"]["runAsUser"] == 1000
    assert two["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


@pytest.mark.parametrize("name", PODS)
def test_names_and_paths_that_the_file_cannot_take_are_those_of_the_pods(objects: list[Object], name: str) -> None:
    spec = templates(objects)[name]["spec"]
    (container,) = spec["containers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted.items() <= OWN_VOLUMES[name].items()
    assert container["name"] == OWN_CONTAINERS[name]
    assert set(SECRETS) == OWN_SECRETS


def test_names_that_projects_cannot_take_are_those_of_the_objects(objects: list[Object]) -> None:
    kinds = ("ConfigMap", "ServiceAccount", "PersistentVolumeClaim")
    ours = [item["metadata"]["name"] for item in objects if item["kind"] in kinds] + list(SECRETS)
    assert len(ours) > 15
    assert [name for name in ours if not is_own_object(name, "mine")] == []
    assert not any(is_own_object(name, "mine") for name in ("sales", "airflow-examples", "mine", "dags-2"))


@pytest.mark.parametrize("name", PODS)
def test_resources_that_are_not_named_stay(build: Build, objects: list[Object], name: str) -> None:
    (own,) = containers(templates(objects)[name])
    (found,) = containers(templates(build(name, limits={"cpu": "3"}))[name])
    assert found["resources"]["requests"] == own["resources"]["requests"]
    assert found["resources"]["limits"] == {**own["resources"]["limits"], "cpu": "3"}


@pytest.mark.parametrize(
    ("words", "requested", "limit"),
    [
        ({"requests": {"memory": "9Gi"}}, "9Gi", "9Gi"),
        ({"limits": {"memory": "64Mi"}}, "64Mi", "64Mi"),
        ({"limits": {"memory": "9000M"}}, "320Mi", "9000M"),
    ],
)
def test_a_request_is_never_more_than_its_limit(build: Build, words: Object, requested: str, limit: str) -> None:
    (container,) = containers(templates(build("scheduler", **words))["scheduler"])
    found = container["resources"]
    assert (found["requests"]["memory"], found["limits"]["memory"]) == (requested, limit)


@pytest.mark.parametrize(("name", "kind"), [("api-server", "Deployment"), ("triggerer", "StatefulSet")])
def test_replicas_bring_a_disruption_budget(build: Build, name: str, kind: str) -> None:
    objects = build(name, replicas=2)
    assert find(objects, kind, name)["spec"]["replicas"] == 2
    assert find(objects, "PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("name", ["scheduler", "task"])
def test_a_components_variable_is_in_its_pods_alone(build: Build, name: str) -> None:
    pods = templates(build(name, env={"THREADS": "$(X)"}))
    having = {
        (pod, entry["value"])
        for pod, template in pods.items()
        for container in containers(template)
        for entry in container.get("env", ())
        if entry["name"] == "THREADS"
    }
    assert having == {(name, "$$(X)")}
