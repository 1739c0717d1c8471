"""The control plane's Secrets. None lies in the workers' namespace: who creates pods there can mount any."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from airstrip.address import password_in
from airstrip.manifests.manifest_set import Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.names import (
    ADMIN_SECRET,
    CLI_SECRET,
    DATABASE_NAME,
    DATABASE_SECRET,
    DATABASE_USER,
    KEYS_SECRET,
    POSTGRESQL,
    POSTGRESQL_PORT,
    SECRETS,
    URL_KEY,
)
from airstrip.spec import Spec


@dataclass(frozen=True)
class SecretValues:
    """Every generated value of a deployment; its repr shows none."""

    database_password: str = field(repr=False)
    fernet_key: str = field(repr=False)
    api_secret_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    admin_password: str = field(repr=False)
    cli_password: str = field(repr=False)

    @classmethod
    def generate(cls) -> SecretValues:
        """New random values. The JWT secret has 86 characters: HS512 wants 64 bytes or more."""
        return cls(
            database_password=secrets.token_urlsafe(24),
            fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            api_secret_key=secrets.token_urlsafe(32),
            jwt_secret=secrets.token_urlsafe(64),
            admin_password=secrets.token_urlsafe(15),
            cli_password=secrets.token_urlsafe(24),
        )


_KEYS: dict[str, tuple[str, ...]] = {
    DATABASE_SECRET: ("password", URL_KEY),
    KEYS_SECRET: ("fernet-key", "api-secret-key", "jwt-secret"),
    ADMIN_SECRET: ("username", "password"),
    CLI_SECRET: ("username", "password"),
}


def build_secrets(spec: Spec, values: SecretValues) -> tuple[Object, ...]:
    """Secret objects for the control plane's namespace, each complete in itself (decision 0002)."""
    url = _database_url(values.database_password)
    database = _secret(spec, DATABASE_SECRET, {"password": values.database_password, URL_KEY: url})
    return (
        *(() if spec.database.url else (database,)),
        _secret(
            spec,
            KEYS_SECRET,
            {
                "fernet-key": values.fernet_key,
                "api-secret-key": values.api_secret_key,
                "jwt-secret": values.jwt_secret,
            },
        ),
        _secret(spec, ADMIN_SECRET, {"username": "admin", "password": values.admin_password}),
        _secret(spec, CLI_SECRET, {"username": "airstrip", "password": values.cli_password}),
    )


def generated_secrets(spec: Spec) -> tuple[str, ...]:
    """The names of those that a landing makes. One of PostgreSQL that was there before stays, for whoever goes back."""
    return tuple(name for name in SECRETS if name != DATABASE_SECRET or not spec.database.url)


def missing_keys(secret: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that one of these Secrets lacks, or that are empty, as it is in the cluster."""
    data = secret.get("data") or {}
    return tuple(key for key in _KEYS[secret["metadata"]["name"]] if not data.get(key))


def completed(found: Mapping[str, Any], generated: Mapping[str, Any]) -> Object:
    """A Secret of the cluster with what it lacks from the generated one; what it holds stays as it is.

    The database's password and URL go together: one that is left tells the other.
    """
    data, made = dict(found.get("data") or {}), dict(generated["data"])
    if found["metadata"]["name"] == DATABASE_SECRET:
        if data.get("password"):
            made[URL_KEY] = _encoded(_database_url(_decoded(data["password"])))
        elif password := password_in(_decoded(data.get(URL_KEY) or "")):
            made["password"] = _encoded(password)
    return {**found, "data": {**data, **{key: made[key] for key in missing_keys(found)}}}


def _database_url(password: str) -> str:
    quoted = quote(password, safe="")
    return f"postgresql+psycopg2://{DATABASE_USER}:{quoted}@{POSTGRESQL}:{POSTGRESQL_PORT}/{DATABASE_NAME}"


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def _secret(spec: Spec, name: str, data: dict[str, str]) -> Object:
    """`data`, not `stringData`: what is read back must equal what was applied."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": spec.namespaces.control,
            "labels": deployment_labels(spec),
        },
        "type": "Opaque",
        "data": {key: _encoded(value) for key, value in data.items()},
    }
