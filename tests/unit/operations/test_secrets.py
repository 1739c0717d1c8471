"""What `up` makes of Secrets that are not whole: what they lack, and nothing else."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from airstrip.kube import Cluster
from airstrip.manifests import SecretValues, build_secrets
from airstrip.operations.secrets import ensure_secrets
from airstrip.spec import API_VERSION, Airflow, Namespaces, Spec
from tests.unit.manifests.conftest import Here

Object = dict[str, Any]
DATABASE, KEYS = "airflow-database", "airflow-keys"


class Secrets:
    """A cluster's Secrets, and how they were written."""

    def __init__(self, generated: tuple[Object, ...]) -> None:
        metadata = {"resourceVersion": "7"}
        named = {item["metadata"]["name"]: item for item in generated}
        self.kept = {name: {**item, "metadata": {**item["metadata"], **metadata}} for name, item in named.items()}
        self.written: list[str] = []

    def get(self, _: str, __: str, name: str, ___: str) -> Object | None:
        return self.kept.get(name)

    def apply(self, item: Object) -> Any:
        self.written.append(f"apply {item['metadata']['name']}")
        return SimpleNamespace(object=item)

    def replace(self, item: Object) -> Object:
        assert item["metadata"]["resourceVersion"] == "7"
        self.written.append(f"replace {item['metadata']['name']}")
        self.kept[item["metadata"]["name"]] = item
        return item

    def lose(self, name: str, *keys: str) -> dict[str, str]:
        """Its values before."""
        before = self.values(name)
        data = {key: value for key, value in self.kept[name]["data"].items() if key not in keys}
        self.kept[name] = {**self.kept[name], "data": data}
        return before

    def values(self, name: str) -> dict[str, str]:
        return {key: base64.b64decode(value).decode() for key, value in self.kept[name]["data"].items()}


def generated() -> tuple[Object, ...]:
    places = Namespaces(control="mine", workers="mine-workers")
    airflow = Airflow(version="3.3.2")
    spec = Spec(api_version=API_VERSION, name="mine", target=Here(), namespaces=places, airflow=airflow)
    return build_secrets(spec, SecretValues.generate())


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(generated())


def ensure(secrets: Secrets) -> dict[str, str]:
    return ensure_secrets(cast(Cluster, secrets), generated(), lambda _: None)


def test_secrets_that_are_whole_are_left_alone(secrets: Secrets) -> None:
    assert ensure(secrets) == ensure(secrets)
    assert secrets.written == []


def test_a_key_that_is_missing_is_made_and_the_others_stay(secrets: Secrets) -> None:
    before = secrets.lose(KEYS, "jwt-secret")
    sums = ensure(secrets)
    assert sums == ensure(secrets)
    after = secrets.values(KEYS)
    assert secrets.written == [f"replace {KEYS}"]
    assert {key for key in before if after[key] != before[key]} == {"jwt-secret"}
    assert len(after["jwt-secret"]) >= 64


def test_a_key_that_is_empty_is_missing(secrets: Secrets) -> None:
    secrets.kept[KEYS] = {**secrets.kept[KEYS], "data": {**secrets.kept[KEYS]["data"], "api-secret-key": ""}}
    ensure(secrets)
    assert secrets.values(KEYS)["api-secret-key"]


@pytest.mark.parametrize("key", ["password", "sql-alchemy-conn"])
def test_of_the_database_s_two_keys_one_tells_the_other(secrets: Secrets, key: str) -> None:
    before = secrets.lose(DATABASE, key)
    ensure(secrets)
    assert secrets.values(DATABASE) == before


def test_what_the_user_put_into_a_secret_stays(secrets: Secrets) -> None:
    secrets.kept[KEYS] = {**secrets.kept[KEYS], "data": {"mine": "bWluZQ=="}}
    ensure(secrets)
    assert secrets.values(KEYS)["mine"] == "mine"
    assert len(secrets.values(KEYS)) == 4


def test_a_password_with_signs_is_quoted_in_the_url(secrets: Secrets) -> None:
    secrets.lose(DATABASE, "sql-alchemy-conn", "password")
    secrets.kept[DATABASE]["data"]["password"] = base64.b64encode(b"a/b@c").decode()
    ensure(secrets)
    assert urlsplit(secrets.values(DATABASE)["sql-alchemy-conn"]).password == "a%2Fb%40c"


def test_a_secret_that_is_gone_is_made_whole(secrets: Secrets) -> None:
    del secrets.kept[KEYS]
    ensure(secrets)
    assert secrets.written == [f"apply {KEYS}"]
