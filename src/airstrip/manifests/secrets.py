"""The control plane's Secrets. None lies in the workers' namespace: who creates pods there can mount any."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

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


def build_secrets(spec: Spec, values: SecretValues) -> tuple[Object, ...]:
    """Secret objects for the control plane's namespace, each complete in itself (decision 0002)."""
    password = quote(values.database_password, safe="")
    url = f"postgresql+psycopg2://{DATABASE_USER}:{password}@{POSTGRESQL}:{POSTGRESQL_PORT}/{DATABASE_NAME}"
    return (
        _secret(spec, DATABASE_SECRET, {"password": values.database_password, "sql-alchemy-conn": url}),
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
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }
