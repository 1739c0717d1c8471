"""What the compiler makes of a project is what the package for DAG authors looks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from airstrip import Deployment
from airstrip_pods import ProjectError, conventions, project, surroundings


def test_a_project_that_the_file_declares_is_one_that_dag_files_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: mine\nprojects: {sales: {pool: 2, limits: {memory: 1Gi}}}\n")
    objects = list(YAML(typ="safe").load_all(Deployment.load(file).render()))
    maps = [item for item in objects if item["metadata"]["name"] == "airstrip-projects"]
    assert [item["metadata"]["namespace"] for item in maps] == ["mine", "mine-workers"]
    monkeypatch.setenv(conventions.PROJECTS_VARIABLE, maps[0]["data"][conventions.PROJECTS_VARIABLE])
    sales = project("sales")
    assert (sales.settings.pool, sales.settings.secret, sales.settings.limits) == (True, False, {"memory": "1Gi"})
    with pytest.raises(ProjectError, match="project add rides") as raised:
        project("rides")
    assert "which has: sales" in str(raised.value)
    template = next(item for item in objects if item["metadata"]["name"].startswith("task-pod-template-"))
    (base,) = YAML(typ="safe").load(template["data"]["pod.yaml"])["spec"]["containers"]
    variables = {variable["name"]: variable for variable in base["env"]}
    assert variables[conventions.DAGS_CLAIM_VARIABLE]["value"] == conventions.DAGS_CLAIM
    assert conventions.PROJECTS_VARIABLE in variables
    claims = {(item["metadata"]["name"], item["metadata"]["namespace"]) for item in objects if is_claim(item)}
    assert {(conventions.DATA_CLAIM, "mine-workers"), (conventions.DAGS_CLAIM, "mine-workers")} <= claims


def test_a_namespace_of_its_own_has_what_the_pods_name_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a pod of the project refers to is an object of the namespace that it is made in."""
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: mine\nprojects: {sales: {namespace: sales-pods, config: {A: b}}}\n")
    objects = list(YAML(typ="safe").load_all(Deployment.load(file).render()))
    here = {(item["kind"], item["metadata"]["name"]) for item in objects if in_(item, "sales-pods")}
    for item in (found for found in objects if found["metadata"]["name"] == "airstrip-projects"):
        monkeypatch.setenv(conventions.PROJECTS_VARIABLE, item["data"][conventions.PROJECTS_VARIABLE])
        settings = surroundings.settings_of("sales")
        assert (settings.namespace, settings.config, settings.service_account) == ("sales-pods", True, True)
    assert {
        ("ConfigMap", conventions.config_map_name("sales")),
        ("ServiceAccount", conventions.service_account_name("sales")),
        ("PersistentVolumeClaim", conventions.DATA_CLAIM),
        ("PersistentVolumeClaim", conventions.DAGS_CLAIM),
    } <= here
    template = next(item for item in objects if item["metadata"]["name"].startswith("task-pod-template-"))
    volumes = YAML(typ="safe").load(template["data"]["pod.yaml"])["spec"]["volumes"]
    maps = {volume["configMap"]["name"] for volume in volumes if "configMap" in volume}
    claims = {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume}
    assert {("ConfigMap", name) for name in maps} | {("PersistentVolumeClaim", name) for name in claims} <= here


@pytest.mark.parametrize(
    ("dags", "bundle"),
    [
        ("{volume: {keep: 3}}", "airstrip_pushed_dags.PushedDagBundle"),
        ("{git: {repo: https://git.example.com/dags.git, via: sync}}", "airstrip_git_sync.SyncedDagBundle"),
    ],
    ids=["pushed", "git-sync"],
)
def test_a_version_that_a_task_runs_is_in_the_claim_that_its_pods_mount(tmp_path: Path, dags: str, bundle: str) -> None:
    """At the place in the claim that it has below DAGS_DIR in the task's own pod, wherever a pod of a project is."""
    file = tmp_path / "airstrip.yaml"
    file.write_text(
        f"apiVersion: airstrip/v1\nname: mine\nprojects: {{sales: {{namespace: sales-pods}}}}\ndags: {dags}\n"
    )
    objects = list(YAML(typ="safe").load_all(Deployment.load(file).render()))
    template = next(item for item in objects if item["metadata"]["name"].startswith("task-pod-template-"))
    spec = YAML(typ="safe").load(template["data"]["pod.yaml"])["spec"]
    variables = {variable["name"]: variable.get("value", "") for variable in spec["containers"][0]["env"]}
    assert conventions.DAGS_CLAIM_VARIABLE not in variables
    claim = variables[conventions.DAGS_VERSIONS_CLAIM_VARIABLE]
    mounted = {volume["name"]: volume.get("persistentVolumeClaim", {}).get("claimName") for volume in spec["volumes"]}
    mounts = [mount for mount in spec["containers"][0]["volumeMounts"] if mounted[mount["name"]] == claim]
    assert [(mount["mountPath"], mount.get("subPath")) for mount in mounts] == [(conventions.DAGS_DIR, None)]
    (users, _) = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    root = Path(users["kwargs"].get("root") or users["kwargs"]["path"])
    assert (users["classpath"], root.is_relative_to(conventions.DAGS_DIR)) == (bundle, True)
    where = {item["metadata"]["namespace"] for item in objects if is_claim(item) and item["metadata"]["name"] == claim}
    assert {"mine-workers", "sales-pods"} <= where


def in_(item: dict[str, Any], namespace: str) -> bool:
    return bool(item["metadata"]["namespace"] == namespace)


def is_claim(item: dict[str, Any]) -> bool:
    return bool(item["kind"] == "PersistentVolumeClaim")
