"""What a deployment writes, a DAG file reads; names that Kubernetes would refuse are refused before."""

from __future__ import annotations

import json

import pytest

from airstrip_pods import conventions
from airstrip_pods.conventions import ProjectSettings, projects_from_json, projects_to_json


@pytest.mark.parametrize("name", ["a", "sales", "sales-reports", "1st", "x" * 63])
def test_a_dns_label_is_a_project(name: str) -> None:
    assert conventions.check_project(name) == name
    assert conventions.config_map_name(name) == conventions.secret_name(name) == name
    assert conventions.service_account_name(name) == conventions.pool_name(name) == conventions.data_sub_path(name)


@pytest.mark.parametrize(
    "name",
    ["", "Sales", "sales_reports", "-sales", "sales-", "a.b", "../etc", "a/b", "x" * 64, "sales\n", "flugplätze"],
)
@pytest.mark.parametrize("use", [conventions.config_map_name, conventions.data_sub_path, conventions.pool_name])
def test_what_kubernetes_would_refuse_is_no_project(name: str, use: object) -> None:
    assert callable(use)
    with pytest.raises(ValueError, match="lower-case letters"):
        use(name)


def test_the_account_of_every_pod_is_no_projects() -> None:
    with pytest.raises(ValueError, match="service account"):
        conventions.check_project("default")


def test_a_url_of_a_project_has_one_slash() -> None:
    assert conventions.project_url("s3://bucket/prefix", "sales") == "s3://bucket/prefix/sales"
    assert conventions.project_url("s3://bucket/", "sales") == "s3://bucket/sales"


def test_what_is_said_of_projects_comes_back_as_it_was() -> None:
    projects = {
        "sales": ProjectSettings(
            requests={"cpu": "500m"},
            limits={"memory": "1Gi"},
            config=True,
            secret=False,
            service_account=True,
            pool=True,
            namespace="team-sales",
            data="s3://bucket/sales",
        ),
        "bare": ProjectSettings(),
    }
    text = projects_to_json(projects)
    assert projects_from_json(text) == projects
    assert projects_to_json(dict(reversed(projects.items()))) == text
    assert json.loads(text)["bare"] == {}


def test_keys_of_a_newer_deployment_are_no_error() -> None:
    assert projects_from_json('{"sales": {"priorityClass": "high", "pool": true}}') == {
        "sales": ProjectSettings(pool=True)
    }


@pytest.mark.parametrize("text", ["", "[]x", "[1]", '{"sales": 1}', '{"Sales": {}}', '"sales"'])
def test_what_no_deployment_writes_is_an_error_that_names_the_variable(text: str) -> None:
    with pytest.raises(ValueError, match="AIRSTRIP_PROJECTS"):
        projects_from_json(text)
