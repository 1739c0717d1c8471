"""What a task has where tasks have no pods, by what the real package makes of a project."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client import models as k8s

from airstrip_pods import project
from airstrip_pods.task_environment import ProjectObjects, TaskEnvironment, asked_projects, pod_variables

SALES = {"sales": ProjectObjects({"AIRSTRIP_PROJECT": "sales", "A": "config", "B": "config"}, {"B": "secret"})}


def task(**arguments: Any) -> Any:
    return SimpleNamespace(**{"executor_config": {}, **arguments})


def test_a_projects_task_has_its_settings_and_the_secret_counts_before_them() -> None:
    of_sales = task(**project("sales").task)
    assert pod_variables(of_sales, SALES) == {"AIRSTRIP_PROJECT": "sales", "A": "config", "B": "secret"}
    assert asked_projects([of_sales, task(), task(**project("stock").task)]) == ["sales", "stock"]


def test_an_authors_own_variables_and_single_keys() -> None:
    def source(**sources: Any) -> k8s.V1EnvVarSource:
        return k8s.V1EnvVarSource(**sources)

    pod = project("sales").pod_override
    pod.spec.containers[0].env_from = [
        k8s.V1EnvFromSource(prefix="S_", secret_ref=k8s.V1SecretEnvSource(name="sales")),
        k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name="another")),
    ]
    pod.spec.containers[0].env = [
        k8s.V1EnvVar(name="OWN", value="mine"),
        k8s.V1EnvVar("KEY", value_from=source(secret_key_ref=k8s.V1SecretKeySelector(name="sales", key="B"))),
        k8s.V1EnvVar("SET", value_from=source(config_map_key_ref=k8s.V1ConfigMapKeySelector(name="sales", key="A"))),
        k8s.V1EnvVar("GONE", value_from=source(secret_key_ref=k8s.V1SecretKeySelector(name="sales", key="C"))),
        k8s.V1EnvVar("NODE", value_from=source(field_ref=k8s.V1ObjectFieldSelector(field_path="spec.nodeName"))),
    ]
    found = pod_variables(task(executor_config={"pod_override": pod}), SALES)
    assert found == {"S_B": "secret", "OWN": "mine", "KEY": "secret", "SET": "config"}


def test_it_is_there_for_one_task_and_then_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "of the shell")
    before = dict(os.environ)
    environment = TaskEnvironment(SALES)
    environment.enter(task(**project("sales").task))
    assert (os.environ["A"], os.environ["B"]) == ("config", "secret")
    environment.enter(task())
    assert dict(os.environ) == before, "as after a task that is deferred"
    environment.enter(task(**project("sales").task))
    environment.leave()
    environment.leave()
    assert dict(os.environ) == before


def test_a_secrets_values_are_not_printed() -> None:
    assert "B" not in repr(ProjectObjects(secrets={"B": "secret"}))
