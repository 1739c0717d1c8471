"""What the compiler makes of a project is what the package for DAG authors looks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from airstrip import Deployment
from airstrip_pods import ProjectError, conventions, project


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


def is_claim(item: dict[str, Any]) -> bool:
    return bool(item["kind"] == "PersistentVolumeClaim")
