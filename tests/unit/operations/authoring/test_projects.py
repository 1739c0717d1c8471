"""What tasks of a project have on an author's machine: what its pods have, the author's own before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.operations.authoring.projects import project_findings, project_values
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS

FILE = """
apiVersion: airstrip/v1
name: shop
projects:
  sales:
    config: {REGION: eu, SIZE: small}
    secrets: {FROM_ENV: "env:SALES_TOKEN", FROM_FILE: "file:token", FROM_CLUSTER: "k8s:shop/key"}
  stock: {data: s3://bucket}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    for name in ("SALES_TOKEN", "FROM_ENV", "FROM_FILE", "FROM_CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "airstrip.yaml"
    file.write_text(FILE)
    return load_spec(file, TARGET_SPECS)


def test_settings_and_secrets_are_those_that_pods_get(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_TOKEN", "hush")
    assert spec.file is not None
    (spec.file.parent / "token").write_text("quiet\n")
    values = project_values(spec, {})
    assert values["sales"].config == {"AIRSTRIP_PROJECT": "sales", "REGION": "eu", "SIZE": "small"}
    assert values["sales"].secrets == {"FROM_ENV": "hush", "FROM_FILE": "quiet"}
    assert values["sales"].missing == {"FROM_CLUSTER": "k8s:shop/key is in the cluster only"}
    # Its data is here, and not where the cluster's is.
    assert values["stock"].config == {"AIRSTRIP_PROJECT": "stock"}
    assert "hush" not in repr(values)


def test_the_authors_own_variables_count_before_a_projects(spec: Spec) -> None:
    own = {"SIZE": "large", "FROM_ENV": "mine", "FROM_FILE": "mine", "FROM_CLUSTER": "mine"}
    sales = project_values(spec, own)["sales"]
    assert sales.config == {"AIRSTRIP_PROJECT": "sales", "REGION": "eu"}
    assert (sales.secrets, sales.missing) == ({}, {})


def test_a_secret_without_a_value_is_named_where_tasks_ask_for_it(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_CLUSTER", "of the shell")
    values = project_values(spec, {})
    assert project_findings(["stock"], values) == []
    from_env, from_file = project_findings(["sales"], values)
    assert from_env.code == from_file.code == "dev.no-secret"
    assert from_env.cause == "env:SALES_TOKEN names a variable that is not set."
    assert "FROM_FILE=VALUE into dev.env" in from_file.fix


def test_a_project_that_is_not_declared(spec: Spec) -> None:
    near, far = project_findings(["sale", "weather"], project_values(spec, {}))
    assert near.cause.startswith("Did you mean sales? ")
    assert far.cause.startswith("What a project has")
    assert "project show weather" in far.fix
