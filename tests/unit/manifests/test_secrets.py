from __future__ import annotations

import base64
from urllib.parse import urlsplit

from airstrip.manifests import SecretValues, build_secrets, format_document
from airstrip.spec import Spec

FIELDS = ("database_password", "fernet_key", "api_secret_key", "jwt_secret", "admin_password", "cli_password")


def decoded(spec: Spec, values: SecretValues) -> dict[str, dict[str, str]]:
    return {
        secret["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
        for secret in build_secrets(spec, values)
    }


def test_the_secrets_and_their_keys(spec: Spec) -> None:
    secrets = decoded(spec, SecretValues.generate())
    assert {name: set(data) for name, data in secrets.items()} == {
        "airflow-database": {"password", "sql-alchemy-conn"},
        "airflow-keys": {"fernet-key", "api-secret-key", "jwt-secret"},
        "airflow-admin": {"username", "password"},
        "airflow-cli": {"username", "password"},
    }
    assert secrets["airflow-admin"]["username"] == "admin"
    assert secrets["airflow-cli"]["username"] == "airstrip"


def test_all_are_in_the_control_planes_namespace(spec: Spec) -> None:
    secrets = build_secrets(spec, SecretValues.generate())
    assert {secret["metadata"]["namespace"] for secret in secrets} == {"mine"}


def test_the_databases_url_holds_its_password(spec: Spec) -> None:
    secret = decoded(spec, SecretValues.generate())["airflow-database"]
    url = urlsplit(secret["sql-alchemy-conn"])
    assert url.password == secret["password"]
    assert (url.scheme, url.hostname, url.port) == ("postgresql+psycopg2", "postgresql", 5432)


def test_generated_values_differ_and_are_long_enough() -> None:
    one, two = SecretValues.generate(), SecretValues.generate()
    assert all(getattr(one, name) != getattr(two, name) for name in FIELDS)
    assert len(base64.urlsafe_b64decode(one.fernet_key)) == 32
    assert len(one.jwt_secret) >= 64
    assert all(len(getattr(one, name)) >= 20 for name in FIELDS)


def test_a_repr_shows_no_value() -> None:
    values = SecretValues.generate()
    assert not [name for name in FIELDS if getattr(values, name) in repr(values)]


def test_manifests_hold_no_secret(objects: list[dict[str, object]]) -> None:
    assert not [item for item in objects if item["kind"] == "Secret"]
    assert "postgresql+psycopg2" not in "".join(format_document(item) for item in objects)
