"""With the executor `local` tasks run in the scheduler's pod: it has what they need, and nobody has what pods would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.errors import SpecError
from airstrip.manifests import ManifestSet
from airstrip.spec import Patch, Spec
from tests.unit.manifests.reading import all_objects, config_map, find

Object = dict[str, Any]


@pytest.fixture
def local(spec: Spec) -> Spec:
    airflow = spec.airflow.model_copy(update={"executor": "local"})
    return spec.model_copy(update={"airflow": airflow})


@pytest.fixture
def objects(compile: Callable[..., ManifestSet], local: Spec) -> list[Object]:
    return all_objects(compile(spec=local))


def pod_of(item: Object) -> Object:
    spec: Object = item["spec"]["template"]["spec"]
    return spec


def test_nobody_may_do_anything_in_the_cluster(objects: list[Object]) -> None:
    kinds = {item["kind"] for item in objects}
    assert not kinds & {"Role", "RoleBinding"}
    pods = [pod_of(item) for item in objects if "template" in item.get("spec", {})]
    assert len(pods) == 6
    assert not any(pod["automountServiceAccountToken"] for pod in pods)
    assert not any(item["metadata"]["name"].startswith("task-pod-template") for item in objects)


def test_the_scheduler_has_the_dags_to_run_and_the_logs_to_write(objects: list[Object]) -> None:
    pod = pod_of(find(objects, "Deployment", "scheduler"))
    claims = {volume["name"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume}
    assert claims == {"dags", "logs"}
    (container,) = pod["containers"]
    read_only = {mount["name"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert (read_only["dags"], read_only["airstrip-dags"], read_only["logs"]) == (True, True, False)


def test_its_settings_name_the_executor_and_no_pods(objects: list[Object]) -> None:
    settings = config_map(objects, "airflow-environment")["data"]
    assert settings["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert not [name for name in settings if "KUBERNETES_EXECUTOR" in name or "SERVICE_ACCOUNT" in name]


def test_tasks_may_call_anything_from_there(objects: list[Object]) -> None:
    assert find(objects, "NetworkPolicy", "scheduler")["spec"]["egress"] == [{}]


def test_the_pod_of_tasks_cannot_be_patched(compile: Callable[..., ManifestSet], local: Spec) -> None:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "task"}}
    patch = Patch(body=body, path="patches[0]", file="airstrip.yaml", line=3, column=5)
    with pytest.raises(SpecError) as raised:
        compile(spec=local.model_copy(update={"patches": (patch,)}))
    assert [problem.code for problem in raised.value.problems] == ["spec.no-target"]
