"""A project with a namespace of its own: what its pods need is there too, and there is no more than its quota."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airstrip.errors import AirstripError
from airstrip.manifests import ManifestSet, build_git_secrets
from airstrip.manifests.projects import parse_project, project_objects
from airstrip.platform import Binding, Platform
from airstrip.spec import Dags, GitBundle, Project, Quota, Spec
from airstrip_pods.conventions import PROJECT_DATA_URL_VARIABLE, PROJECTS_VARIABLE, projects_from_json
from tests.unit.manifests.reading import all_objects

Compile = Callable[..., ManifestSet]
Object = dict[str, Any]
OWN = "sales-pods"
QUOTA = Quota(requests={"cpu": "2"}, limits={"memory": "8Gi"}, pods=20)
SALES = Project(
    requests={"cpu": "1"}, limits={"memory": "1Gi"}, namespace=OWN, quota=QUOTA, place="airstrip.yaml:4", pool=1
)


@pytest.fixture
def own(spec: Spec) -> Spec:
    return spec.model_copy(update={"projects": {"sales": SALES, "rides": Project(place="airstrip.yaml:9")}})


@pytest.fixture
def place(platform: Platform) -> Platform:
    """One that binds each volume in the project's namespace as well."""
    volumes = (
        replace(item, projects={"sales": Binding(f"{item.purpose}-sales", "", "1Gi")}) for item in platform.volumes
    )
    return replace(platform, volumes=tuple(volumes))


@pytest.fixture
def objects(compile: Compile, own: Spec, place: Platform) -> list[Object]:
    return all_objects(compile(spec=own, platform=place))


def names(objects: list[Object], kind: str, namespace: str) -> set[str]:
    """Without the hashes of ConfigMaps."""
    found = (item["metadata"] for item in objects if item["kind"] == kind)
    return {item["name"] for item in found if item["namespace"] == namespace}


def one(objects: list[Object], kind: str, name: str, namespace: str = OWN) -> Object:
    (found,) = (
        item
        for item in objects
        if (item["kind"], item["metadata"]["name"], item["metadata"]["namespace"]) == (kind, name, namespace)
    )
    return found


def test_whatever_task_pods_read_and_may_do_is_there_as_with_the_workers(objects: list[Object]) -> None:
    for kind in ("Role", "RoleBinding", "NetworkPolicy", "PersistentVolumeClaim"):
        assert names(objects, kind, OWN) == names(objects, kind, "mine-workers") != set()
    assert names(objects, "ConfigMap", OWN) - {"sales"} == names(objects, "ConfigMap", "mine-workers") - {"rides"}
    assert names(objects, "ServiceAccount", OWN) == {"mine-pods", "sales"}
    assert names(objects, "ServiceAccount", "mine-workers") == {"mine-pods", "rides"}


def test_tasks_there_make_pods_there_alone_and_those_of_the_workers_in_both(objects: list[Object]) -> None:
    def callers(namespace: str) -> list[str]:
        binding = one(objects, "RoleBinding", "mine-pods", namespace)
        return [subject["namespace"] for subject in binding["subjects"]]

    assert callers(OWN) == ["mine-workers", OWN]
    assert callers("mine-workers") == ["mine-workers"]
    scheduler = one(objects, "RoleBinding", "scheduler")
    assert [subject["namespace"] for subject in scheduler["subjects"]] == ["mine"]


def test_the_executor_watches_both(objects: list[Object], compile: Compile) -> None:
    def executor(objects: list[Object]) -> dict[str, str]:
        (found,) = (item["data"] for item in objects if item["metadata"]["name"].startswith("airflow-environment"))
        prefix = "AIRFLOW__KUBERNETES_EXECUTOR__"
        return {
            name.removeprefix(prefix): value for name, value in found.items() if prefix in name and "NAMESPACE" in name
        }

    assert executor(objects) == {
        "NAMESPACE": "mine-workers",
        "MULTI_NAMESPACE_MODE": "True",
        "MULTI_NAMESPACE_MODE_NAMESPACE_LIST": f"mine-workers,{OWN}",
    }
    assert executor(all_objects(compile())) == {"NAMESPACE": "mine-workers"}


def test_a_quota_and_what_containers_get_that_say_nothing(objects: list[Object]) -> None:
    hard = {"requests.cpu": "2", "limits.memory": "8Gi", "pods": "20"}
    assert one(objects, "ResourceQuota", "sales")["spec"] == {"hard": hard}
    defaults = {"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "1"}}
    assert one(objects, "LimitRange", "sales")["spec"] == {"limits": [defaults]}
    everywhere = [item["metadata"]["namespace"] for item in objects if item["kind"] in ("ResourceQuota", "LimitRange")]
    assert everywhere == [OWN, OWN]


def test_its_pods_reach_airflow_and_airflow_their_logs(objects: list[Object]) -> None:
    policy = one(objects, "NetworkPolicy", "api-server", "mine")["spec"]
    assert OWN in str(policy["ingress"])
    logs = [rule for rule in policy["egress"] if OWN in str(rule)]
    assert [port["port"] for rule in logs for port in rule["ports"]] == [8793]


def test_dag_files_are_told_where_its_pods_are_in_each_namespace(objects: list[Object]) -> None:
    for namespace in ("mine", "mine-workers", OWN):
        told = projects_from_json(one(objects, "ConfigMap", "airstrip-projects", namespace)["data"][PROJECTS_VARIABLE])
        assert (told["sales"].namespace, told["rides"].namespace) == (OWN, None)


def test_a_place_that_cannot_bind_a_volume_there_says_so(compile: Compile, own: Spec) -> None:
    with pytest.raises(AirstripError, match="cannot give the same dags folder") as raised:
        compile(spec=own)
    assert raised.value.code == "volume.not-shareable"


def test_what_git_reads_is_there_too(own: Spec) -> None:
    bundle = GitBundle(name="main", repo="https://x/y", ref="main", path="", refresh=5, username="u", token="env:T")
    spec = own.model_copy(update={"dags": Dags(git=(bundle,))})
    secrets = build_git_secrets(spec, {"main.credential": "x"})
    assert [item["metadata"]["namespace"] for item in secrets] == ["mine", "mine-workers", OWN]


def test_a_project_is_read_back_as_it_was(own: Spec) -> None:
    _, config = project_objects(own, "sales")
    assert config["metadata"]["namespace"] == OWN
    assert parse_project(config) == (SALES.model_copy(update={"place": ""}), False)


def test_data_of_its_own_place_is_told_to_its_pods_and_has_no_claim(
    compile: Compile, spec: Spec, place: Platform
) -> None:
    url = "s3://bucket/prefix"
    sales = Project(namespace=OWN, data=url, place="airstrip.yaml:4")
    objects = all_objects(compile(spec=spec.model_copy(update={"projects": {"sales": sales}}), platform=place))
    config = one(objects, "ConfigMap", "sales")
    assert config["data"][PROJECT_DATA_URL_VARIABLE] == url
    assert parse_project(config)[0].data == url
    assert names(objects, "PersistentVolumeClaim", OWN) == {"dags", "logs"}
    told = one(objects, "ConfigMap", "airstrip-projects")["data"][PROJECTS_VARIABLE]
    assert projects_from_json(told)["sales"].data == url
