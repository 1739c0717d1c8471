"""Patches are merged last, into the objects that they name; what they may not do is said at their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.errors import Problem, SpecError
from airstrip.manifests import ManifestSet
from airstrip.spec import Component, Patch, Spec
from tests.unit.manifests.reading import all_objects, config_map, find, templates

Object = dict[str, Any]
Build = Callable[..., list[Object]]


@pytest.fixture
def build(compile: Callable[..., ManifestSet], spec: Spec) -> Build:
    """The deployment's objects with patches, and with other parts of the spec where they are named."""

    def build(*bodies: Object, **other: Any) -> list[Object]:
        patches = tuple(
            Patch(body=body, path=f"patches[{index}]", file="airstrip.yaml", line=index + 3, column=5)
            for index, body in enumerate(bodies)
        )
        return all_objects(compile(spec=spec.model_copy(update={"patches": patches, **other})))

    return build


def patch(kind: str, name: str, version: str = "v1", namespace: str = "", **body: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def scheduler(**pod: Any) -> Object:
    return patch("Deployment", "scheduler", "apps/v1", spec={"template": {"spec": pod}})


def test_the_object_changes_and_no_other(build: Build, objects: list[Object]) -> None:
    found = build(scheduler(priorityClassName="high"))
    changed = [one for one, other in zip(found, objects, strict=True) if one != other]
    assert changed == [find(found, "Deployment", "scheduler")]
    assert templates(found)["scheduler"]["spec"]["priorityClassName"] == "high"


def test_patches_come_after_components_and_one_after_the_other(build: Build) -> None:
    components = {"scheduler": Component(node_selector={"disk": "ssd", "zone": "a"})}
    patches = scheduler(nodeSelector={"zone": "b"}), scheduler(nodeSelector={"disk": None})
    found = build(*patches, components=components)
    assert templates(found)["scheduler"]["spec"]["nodeSelector"] == {"zone": "b"}


def test_the_tasks_pod_is_patched_inside_of_its_template(build: Build, objects: list[Object]) -> None:
    found = build(patch("Pod", "task", spec={"containers": [{"name": "base", "tty": True}]}))
    (container,) = templates(found)["task"]["spec"]["containers"]
    assert container["tty"] is True
    # The scheduler rolls, because it reads another template.
    named = config_map(found, "task-pod-template")["metadata"]["name"]
    assert named != config_map(objects, "task-pod-template")["metadata"]["name"]
    assert named in str(templates(found)["scheduler"])


def test_a_migration_that_is_patched_is_another_one(build: Build, objects: list[Object]) -> None:
    found = build(patch("Job", "migration", "batch/v1", spec={"template": {"spec": {"priorityClassName": "high"}}}))
    ((name, job),) = [(item["metadata"]["name"], item) for item in found if item["kind"] == "Job"]
    assert job["spec"]["template"]["spec"]["priorityClassName"] == "high"
    assert name not in {item["metadata"]["name"] for item in objects}


def test_config_maps_are_named_without_their_hash(build: Build) -> None:
    body = patch("ConfigMap", "airstrip-dags", namespace="mine-workers")
    body["metadata"]["annotations"] = {"team": "data"}
    maps = [item for item in build(body) if item["metadata"]["name"].startswith("airstrip-dags-")]
    annotated = [item["metadata"]["namespace"] for item in maps if "annotations" in item["metadata"]]
    assert (len(maps), annotated) == (2, ["mine-workers"])


def test_replicas_by_a_patch_bring_a_disruption_budget(build: Build) -> None:
    found = build(patch("Deployment", "api-server", "apps/v1", spec={"replicas": 2}))
    assert find(found, "PodDisruptionBudget", "api-server")["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (patch("Deployment", "schedular", "apps/v1"), "Deployment: api-server, dag-processor, scheduler"),
        (patch("Deployment", "scheduler", "apps/v1", namespace="other"), "Deployment: api-server"),
        (patch("Deployment", "scheduler", "apps/v1beta1"), "Deployment (apps/v1)"),
        (patch("Namespace", "mine"), "Pod (v1)"),
        (patch("ConfigMap", "task-pod-template"), "ConfigMap: airflow-environment"),
    ],
)
def test_a_patch_of_no_object_is_said_at_its_place(build: Build, body: Object, known: str) -> None:
    problem = problem_of(build, scheduler(), body)
    assert (problem.code, problem.path, problem.place) == ("spec.no-target", "patches[1]", "airstrip.yaml:4:5")
    assert known in problem.fix


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (scheduler(volumes=[{"emptyDir": {}}]), "spec.bad-patch", "found by its name"),
        (scheduler(containers=[{"name": "scheduler", "$patch": "delete"}]), "spec.own-object", "container scheduler"),
        (scheduler(containers=[{"$patch": "replace"}, {"name": "x"}]), "spec.own-object", "container scheduler"),
        (patch("Pod", "task", spec={"containers": None}), "spec.own-object", "container base"),
    ],
)
def test_a_patch_that_does_not_fit_is_said_at_its_place(build: Build, body: Object, code: str, said: str) -> None:
    problem = problem_of(build, body)
    assert (problem.code, problem.line) == (code, 3)
    assert said in problem.message


def problem_of(build: Build, *bodies: Object) -> Problem:
    with pytest.raises(SpecError) as raised:
        build(*bodies)
    (problem,) = raised.value.problems
    return problem
