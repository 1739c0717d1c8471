"""What a project's pods find by its name, and what DAG files may know of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from airstrip.manifests import ManifestSet
from airstrip.manifests.projects import data_job, parse_project, project_objects, project_of, project_secret
from airstrip.spec import Namespaces, Project, Spec
from airstrip_pods.conventions import (
    DATA_CLAIM,
    DATA_DIR,
    PROJECT_VARIABLE,
    PROJECTS_VARIABLE,
    ProjectSettings,
    projects_from_json,
)
from tests.unit.manifests.reading import all_objects, find

Compile = Callable[..., ManifestSet]
SALES = Project(
    config={"REGION": "eu"},
    secrets={"TOKEN": "env:A"},
    pool=2,
    requests={"cpu": "1"},
    limits={"memory": "1Gi"},
    place="airstrip.yaml:4",
)


def with_projects(spec: Spec, **projects: Project) -> Spec:
    return spec.model_copy(update={"projects": projects})


def told(objects: list[dict[str, Any]], namespace: str) -> dict[str, ProjectSettings]:
    (found,) = (item for item in objects if item["metadata"]["name"] == "airstrip-projects" and in_(item, namespace))
    return projects_from_json(found["data"][PROJECTS_VARIABLE])


def in_(item: dict[str, Any], namespace: str) -> bool:
    return bool(item["metadata"]["namespace"] == namespace)


def test_its_objects_lie_with_the_workers_under_its_name(compile: Compile, spec: Spec) -> None:
    objects = all_objects(compile(spec=with_projects(spec, sales=SALES)))
    own = [
        (item["kind"], item["metadata"]["name"], item["metadata"]["namespace"]) for item in objects if project_of(item)
    ]
    assert own == [("ServiceAccount", "sales", "mine-workers"), ("ConfigMap", "sales", "mine-workers")]
    assert find(objects, "ConfigMap", "sales")["data"] == {"REGION": "eu", PROJECT_VARIABLE: "sales"}


def test_its_account_has_no_token_and_no_right(compile: Compile, spec: Spec) -> None:
    objects = all_objects(compile(spec=with_projects(spec, sales=SALES)))
    assert find(objects, "ServiceAccount", "sales")["automountServiceAccountToken"] is False
    bindings = [item for item in objects if item["kind"] in ("RoleBinding", "ClusterRoleBinding")]
    assert "sales" not in [subject["name"] for binding in bindings for subject in binding["subjects"]]


def test_dag_files_are_told_of_those_of_the_file_and_of_those_of_the_command_line(compile: Compile, spec: Spec) -> None:
    declared = with_projects(spec, sales=SALES)
    kept = {"rides": Project(), "sales": Project(pool=9)}
    for namespace in ("mine", "mine-workers"):
        found = told(all_objects(compile(spec=declared, kept=kept)), namespace)
        assert found["sales"] == ProjectSettings({"cpu": "1"}, {"memory": "1Gi"}, True, True, True, True)
        assert found["rides"] == ProjectSettings(config=True, secret=False, service_account=True)


def test_without_a_project_dag_files_are_told_that_there_is_none(compile: Compile, spec: Spec) -> None:
    one = spec.model_copy(update={"namespaces": Namespaces(control="one", workers="one")})
    assert told(all_objects(compile(spec=one)), "one") == {}


def test_a_project_is_read_back_from_its_config_map(spec: Spec) -> None:
    _, config = project_objects(spec, "sales", SALES)
    assert parse_project(config) == (SALES.model_copy(update={"place": ""}), False)
    _, config = project_objects(spec, "sales", SALES.model_copy(update={"place": ""}))
    assert parse_project(config)[1] is True


def test_a_moved_line_of_the_file_changes_nothing(spec: Spec) -> None:
    moved = SALES.model_copy(update={"place": "airstrip.yaml:99"})
    assert project_objects(spec, "sales", SALES) == project_objects(spec, "sales", moved)


def test_a_secret_s_values_are_in_the_secret_alone(compile: Compile, spec: Spec) -> None:
    secret = project_secret(spec, "sales", {"TOKEN": "hunter2"})
    assert base64.b64decode(secret["data"]["TOKEN"]) == b"hunter2"
    assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == ("sales", "mine-workers")
    assert not [
        item for item in all_objects(compile(spec=with_projects(spec, sales=SALES))) if item["kind"] == "Secret"
    ]


def test_the_job_that_deletes_data_is_restricted_and_sees_the_data_alone(spec: Spec) -> None:
    job = data_job(spec, "here/airflow@sha256:1", "s" * 63)
    assert len(job["metadata"]["name"]) <= 63
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["rm", "-rf", "--", f"{DATA_DIR}/{'s' * 63}"]
    assert pod["volumes"] == [{"name": DATA_CLAIM, "persistentVolumeClaim": {"claimName": DATA_CLAIM}}]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (50000, True)
    assert pod["automountServiceAccountToken"] is False
