"""What Airstrip's local settings do for projects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from airstrip_pods import conventions
from tests.unit.manifests.local_settings import PROVIDER, Load, Model, operator


def test_a_project_s_own_account_is_for_its_pods_and_not_for_the_task_that_makes_them(load: Load, models: Any) -> None:
    task = operator(PROVIDER)
    labels = {"airstrip/project": "sales"}
    spec = models.V1PodSpec(containers=["theirs"], service_account_name="sales")
    task.executor_config = {"pod_override": models.V1Pod(metadata=Model(labels=labels), spec=spec)}
    load().task_policy(task)
    assert task.executor_config["pod_override"].spec.service_account_name == "mine-pods"
    plain = operator("airflow.providers.standard.operators.bash")
    plain.executor_config = {"pod_override": models.V1Pod(metadata=Model(labels=labels), spec=spec)}
    load().task_policy(plain)
    assert plain.executor_config["pod_override"].spec is spec
    assert (spec.service_account_name, spec.automount_service_account_token) == ("sales", None)


def by_the_old_calls(models: Any, **more: Any) -> Any:
    """A pod operator that has what task_pod_configmaps and task_pod_secrets give it."""
    task = operator(PROVIDER)
    task.env_from = [Model(config_map_ref=Model(name="sales"))]
    task.secrets = [Model(deploy_type="env", secret="sales")]
    for name, value in more.items():
        setattr(task, name, value)
    return task


def test_a_pod_that_names_a_project_s_objects_is_made_where_they_are(
    load: Load, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"sales": conventions.ProjectSettings(namespace="sales-pods"), "rides": conventions.ProjectSettings()}
    monkeypatch.setenv("AIRSTRIP_PROJECTS", conventions.projects_to_json(told))
    policy = load().task_policy

    def namespace(**more: Any) -> Any:
        task = by_the_old_calls(models, **more)
        policy(task)
        return task.namespace if "partial_kwargs" not in more else task.partial_kwargs["namespace"]

    assert namespace(namespace=None) == "sales-pods"
    assert namespace(namespace=None, env_from=None) == "sales-pods"
    assert namespace(namespace=None, secrets=None) == "sales-pods"
    assert namespace(namespace=None, env_from=[{"configMapRef": {"name": "sales"}}], secrets=None) == "sales-pods"
    assert namespace(namespace="mine") == "mine"
    rides = {"env_from": [Model(config_map_ref=Model(name="rides"))], "secrets": []}
    assert namespace(namespace=None, **rides) is None
    mapped = {"secrets": [Model(deploy_type="env", secret="sales")], "namespace": None}
    assert namespace(partial_kwargs=mapped) == "sales-pods"


@pytest.mark.parametrize("projects", [None, "", "no JSON", '{"rides": {"namespace": "x"}}'])
def test_of_projects_that_are_not_known_no_namespace_is(
    load: Load, models: Any, monkeypatch: pytest.MonkeyPatch, projects: str | None
) -> None:
    if projects is None:
        monkeypatch.delenv("AIRSTRIP_PROJECTS", raising=False)
    else:
        monkeypatch.setenv("AIRSTRIP_PROJECTS", projects)
    task = by_the_old_calls(models, namespace=None)
    load().task_policy(task)
    assert task.namespace is None


def test_each_dag_file_is_parsed_with_the_projects_as_they_are_now(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor forks for each file; the kubelet changes the file under it."""
    monkeypatch.setenv("AIRSTRIP_PROJECTS", "as the pod was made")
    load()
    assert os.environ["AIRSTRIP_PROJECTS"] == "as the pod was made"
    file = tmp_path / "airstrip-projects" / "AIRSTRIP_PROJECTS"
    file.parent.mkdir()
    file.write_text("{}")
    load()
    assert os.environ["AIRSTRIP_PROJECTS"] == "{}"
    file.write_text('{"sales": {}}')
    assert seen_by_a_fork() == '{"sales": {}}'
    assert os.environ["AIRSTRIP_PROJECTS"] == "{}"


def seen_by_a_fork() -> str:
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        with os.fdopen(reading) as pipe:
            seen = pipe.read()
        os.waitpid(child, 0)
        return seen
    os.write(writing, os.environ["AIRSTRIP_PROJECTS"].encode())
    os._exit(0)


def test_what_the_settings_say_of_projects_are_the_conventions(load: Load) -> None:
    settings = load()
    assert settings._PROJECTS == conventions.PROJECTS_VARIABLE
    assert settings._PROJECT_LABEL == conventions.PROJECT_LABEL
