"""The gate before Airflow rolls: migrates the database and makes the accounts, once per image and database."""

from __future__ import annotations

from airstrip.checksum import checksum
from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels, metadata
from airstrip.manifests.names import (
    ADMIN_SECRET,
    CLI_SECRET,
    MIGRATION,
    SCRIPTS_DIR,
)
from airstrip.manifests.patches import patched
from airstrip.manifests.process import (
    FERNET_KEY,
    Resources,
    airflow_container,
    database_url,
)
from airstrip.manifests.settings import migration_settings, variables
from airstrip.manifests.volumes import PRIVATE_LOGS, SCRATCH, SCRIPTS, Mount, volumes_of

_ACCOUNTS_DIR = "/run/secrets/airflow-accounts"
_RESOURCES = Resources(cpu=100, memory=256, memory_limit=1024)
# Other keys that it reads change nothing that it does.
_DECISIVE = (ADMIN_SECRET, CLI_SECRET)


def build_migration(inputs: Inputs) -> tuple[Object, ...]:
    """The Job. A Job cannot be changed, so its name holds a hash of all that it does.

    That is the image's digest, the database's identity, the accounts and the scripts: with the same
    it has run, with another it runs. Kept when it is done: its being there says so.
    """
    job: Object = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(inputs, MIGRATION, MIGRATION),
        "spec": {"backoffLimit": 2, "template": _template(inputs)},
    }
    job = patched(inputs, job)
    template = job["spec"]["template"]
    identity = {"database": database_identity(inputs), "template": template}
    name = f"{MIGRATION}-{checksum(identity)[:10]}"
    return ({**job, "metadata": {**job["metadata"], "name": name}},)


def database_identity(inputs: Inputs) -> str:
    """Which database, whatever its password."""
    return f"{inputs.database.host}:{inputs.database.port}/{inputs.database.name}"


def _template(inputs: Inputs) -> Object:
    mounts: tuple[Mount, ...] = (*SCRATCH, SCRIPTS, PRIVATE_LOGS, _accounts_mount())
    given = () if inputs.database.is_ours else ("--given",)
    migrate = ("python", f"{SCRIPTS_DIR}/migrate.py", _ACCOUNTS_DIR, *given)
    return {
        "metadata": {"labels": labels(inputs, MIGRATION), "annotations": inputs.checksum_annotations(_DECISIVE)},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [_container(inputs, MIGRATION, migrate, mounts)],
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "securityContext": pod_security.airflow_pod(),
            "serviceAccountName": MIGRATION,
            "volumes": volumes_of(inputs, mounts),
            **inputs.pull_secrets,
            **inputs.host_aliases,
        },
    }


def _container(inputs: Inputs, name: str, args: tuple[str, ...], mounts: tuple[Mount, ...]) -> Object:
    """Its settings stand in the Job: the shared ConfigMap's name changes with what means nothing here."""
    container = airflow_container(inputs, name, args, _RESOURCES, (database_url(inputs), FERNET_KEY), mounts)
    del container["envFrom"]
    settings = migration_settings(inputs)
    return {**container, "env": [*variables(settings), *container["env"]]}


def _accounts_mount() -> Mount:
    """One folder for each account, with the files `username` and `password`."""
    sources = [
        {"secret": {"name": secret, "items": [{"key": key, "path": f"{secret}/{key}"} for key in _ACCOUNT_KEYS]}}
        for secret in (ADMIN_SECRET, CLI_SECRET)
    ]
    volume = {"name": "accounts", "projected": {"defaultMode": 0o440, "sources": sources}}
    return volume, {"name": "accounts", "mountPath": _ACCOUNTS_DIR, "readOnly": True}


_ACCOUNT_KEYS = ("username", "password")
