"""A database that is there, in place of PostgreSQL in the cluster: what is compiled, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airstrip.errors import AirstripError
from airstrip.manifests import ManifestSet, SecretValues, build_secrets, build_url_secret, generated_secrets
from airstrip.platform import Platform
from airstrip.spec import Database, Spec
from tests.unit.manifests.reading import all_objects, task_pod, templates
from tests.unit.manifests.test_isolation import PODS, secret_names

Object = dict[str, Any]
URL = "postgresql+psycopg2://airflow:hunter2@host.internal:6432/airflow"
OTHERS = tuple(name for name in PODS if name != "postgresql")


@pytest.fixture
def there(spec: Spec) -> Spec:
    return spec.model_copy(update={"database": Database(url="env:URL")})


@pytest.fixture
def build(compile: Callable[..., ManifestSet], there: Spec, platform: Platform) -> Callable[..., ManifestSet]:
    def made(url: str = URL, address: str | None = "192.0.2.1") -> ManifestSet:
        place = replace(platform, host_address=address)
        return compile(spec=there, platform=place, url_secret=build_url_secret(there, url))

    return made


def test_nothing_of_postgresql_is_made(build: Callable[..., ManifestSet], there: Spec) -> None:
    manifests = build()
    assert "database" not in [stage.name for stage in manifests.stages]
    assert [item for item in all_objects(manifests) if item["metadata"]["name"] == "postgresql"] == []
    made = [item["metadata"]["name"] for item in build_secrets(there, SecretValues.generate())]
    assert made == ["airflow-keys", "airflow-admin", "airflow-cli"]
    assert set(generated_secrets(there)) == set(made)


def test_its_secret_comes_before_all_that_reads_it(build: Callable[..., ManifestSet]) -> None:
    manifests = build()
    (secret,) = (item for item in all_objects(manifests) if item["kind"] == "Secret")
    assert secret in manifests.stages[0].objects
    pods = templates(all_objects(manifests))
    readers = {name for name in pods if secret["metadata"]["name"] in secret_names(pods[name])}
    assert readers == set(OTHERS) - {"task"}


def test_another_database_is_migrated_and_another_password_of_the_same_rolls(
    build: Callable[..., ManifestSet],
) -> None:
    def of(url: str) -> tuple[str, Object]:
        objects = all_objects(build(url))
        (job,) = (item for item in objects if item["kind"] == "Job")
        return job["metadata"]["name"], templates(objects)["scheduler"]

    migration, scheduler = of(URL)
    other, rolled = of(URL.replace("6432", "5432"))
    assert migration != other
    assert scheduler != rolled
    assert of(URL.replace("hunter2", "hunter3"))[1] != scheduler


def test_its_port_is_open_to_those_that_use_it(build: Callable[..., ManifestSet]) -> None:
    policies = {item["metadata"]["name"]: item for item in all_objects(build()) if item["kind"] == "NetworkPolicy"}
    for name in ("api-server", "scheduler", "migration"):
        assert {"to": [], "ports": [{"port": 6432, "protocol": "TCP"}]} in policies[name]["spec"]["egress"]


@pytest.mark.parametrize("name", OTHERS)
def test_every_pod_knows_this_machine(build: Callable[..., ManifestSet], name: str) -> None:
    spec = templates(all_objects(build()))[name]["spec"]
    assert spec["hostAliases"] == [{"ip": "192.0.2.1", "hostnames": ["host.internal"]}]


def test_a_place_elsewhere_does_not_reach_this_machine(build: Callable[..., ManifestSet]) -> None:
    with pytest.raises(AirstripError) as raised:
        build(address=None)
    assert raised.value.code == "database.not-this-machine"
    objects = all_objects(build(URL.replace("host.internal", "db.example.com"), address=None))
    assert "hostAliases" not in task_pod(objects)["spec"]


def test_without_its_secret_nothing_of_it_is_told(compile: Callable[..., ManifestSet], there: Spec) -> None:
    objects = all_objects(compile(spec=there))
    assert "airflow-database-url" in secret_names(templates(objects)["scheduler"])
    assert [item for item in objects if item["kind"] == "Secret"] == []
