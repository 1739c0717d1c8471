"""Airflow's database, ours or one that is there: where it is, and the Secret that its URL is in."""

from __future__ import annotations

import base64

from airstrip.address import parse_address
from airstrip.checksum import checksum
from airstrip.errors import AirstripError
from airstrip.manifests.manifest_set import Database, Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.names import (
    DATABASE_NAME,
    DATABASE_SECRET,
    DATABASE_URL_SECRET,
    POSTGRESQL,
    POSTGRESQL_PORT,
    UNKNOWN_NAME,
    URL_KEY,
)
from airstrip.platform import THIS_MACHINE, Platform
from airstrip.spec import Spec


def build_url_secret(spec: Spec, url: str, key: str | None = "") -> Object:
    """The Secret of a database that is there, for the control plane alone.

    Named by what is in it, as that of git is: with a URL that leads nowhere, what runs keeps its own. `key` is the
    deployment's own: whoever sees the name cannot try passwords on it. Where there is none yet (None), the name is not
    known either.
    """
    name = f"{DATABASE_URL_SECRET}-{UNKNOWN_NAME if key is None else checksum([key, url])[:10]}"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": spec.namespaces.control, "labels": deployment_labels(spec)},
        "type": "Opaque",
        "immutable": True,
        "data": {URL_KEY: base64.b64encode(url.encode()).decode()},
    }


def find_database(spec: Spec, platform: Platform, url_secret: Object | None) -> Database:
    """By `build_url_secret`, where the file names a database; without it (`render`) nothing is known of that one.

    Raises AirstripError where the place cannot reach it.
    """
    if not spec.database.url:
        return Database(f"{POSTGRESQL}.{spec.namespaces.control}.svc", POSTGRESQL_PORT, DATABASE_NAME, DATABASE_SECRET)
    if url_secret is None:
        return Database("", POSTGRESQL_PORT, "", DATABASE_URL_SECRET, is_ours=False)
    found = parse_address(base64.b64decode(url_secret["data"][URL_KEY]).decode(), POSTGRESQL_PORT)
    assert found is not None, "no other URL becomes a Secret"
    if found.host == THIS_MACHINE and platform.host_address is None:
        raise AirstripError(
            "database.not-this-machine",
            f"{platform.place} does not reach {THIS_MACHINE}",
            cause="It means the machine that you are on, where the cluster is on that machine, too.",
            fix="Write the server's own name into the URL.",
        )
    return Database(found.host, found.port, found.name, url_secret["metadata"]["name"], is_ours=False)
