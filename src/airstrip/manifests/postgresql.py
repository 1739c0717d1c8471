"""The database in the cluster: PostgreSQL on one volume of the place's storage class."""

from __future__ import annotations

from airstrip.errors import AirstripError
from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels, select
from airstrip.manifests.names import (
    DATABASE_NAME,
    DATABASE_SECRET,
    DATABASE_USER,
    POSTGRESQL,
    POSTGRESQL_PORT,
)
from airstrip.manifests.process import Resources
from airstrip.manifests.room import resources, with_room
from airstrip.manifests.volumes import Mount, empty_mount, mounts_of, volumes_of
from airstrip.manifests.workload import headless_service, stateful_set

_DATA = "data"
_DATA_DIR = "/var/lib/postgresql/data"
_CAPACITY = "8Gi"
_SECRET_DIR = "/run/secrets/airflow-database"
_RESOURCES = Resources(cpu=100, memory=128, memory_limit=512)


def build_postgresql(inputs: Inputs) -> tuple[Object, ...]:
    """Headless Service and StatefulSet; raises AirstripError where the place has no storage class."""
    storage_class = inputs.platform.storage_class
    if storage_class is None:
        raise AirstripError(
            "database.no-storage",
            f"{inputs.platform.place} has no storage class for the database's volume",
            cause="PostgreSQL in the cluster keeps its data on a volume that the cluster makes.",
            fix="Give the cluster a default StorageClass.",
        )
    service = headless_service(inputs, POSTGRESQL, "postgresql", POSTGRESQL_PORT)
    # A client that connects waits for the database, it need not find a name before that.
    service["spec"]["publishNotReadyAddresses"] = False
    claims = (_claim(inputs, storage_class),)
    return service, stateful_set(inputs, POSTGRESQL, _template(inputs), claims=claims)


def _claim(inputs: Inputs, storage_class: str) -> Object:
    """Only labels that never change: a claim template cannot."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": _DATA, "labels": select(inputs, POSTGRESQL)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": _CAPACITY}},
            "storageClassName": storage_class,
            "volumeMode": "Filesystem",
        },
    }


def _template(inputs: Inputs) -> Object:
    mounts = (empty_mount("run", "/var/run/postgresql"), empty_mount("tmp", "/tmp"), _password_mount())
    spec = {
        "automountServiceAccountToken": False,
        "containers": [_container(inputs, mounts)],
        "enableServiceLinks": False,
        "securityContext": pod_security.postgresql_pod(),
        "serviceAccountName": POSTGRESQL,
        # A fast shutdown writes what is in memory to the volume.
        "terminationGracePeriodSeconds": 120,
        "volumes": volumes_of(inputs, mounts),
    }
    return {
        "metadata": {
            "labels": labels(inputs, POSTGRESQL),
            "annotations": inputs.checksum_annotations([DATABASE_SECRET]),
        },
        "spec": with_room(inputs, POSTGRESQL, spec),
    }


def _container(inputs: Inputs, mounts: tuple[Mount, ...]) -> Object:
    return {
        "name": POSTGRESQL,
        "image": inputs.images.postgresql,
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "POSTGRES_DB", "value": DATABASE_NAME},
            {"name": "POSTGRES_PASSWORD_FILE", "value": f"{_SECRET_DIR}/password"},
            {"name": "POSTGRES_USER", "value": DATABASE_USER},
        ],
        "ports": [{"name": "postgresql", "containerPort": POSTGRESQL_PORT}],
        "resources": resources(inputs, POSTGRESQL, _RESOURCES.to_object()),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [{"name": _DATA, "mountPath": _DATA_DIR}, *mounts_of(mounts)],
        **_probes(),
    }


def _probes() -> dict[str, Object]:
    """Recovery may take minutes: it must not be killed for that, so liveness asks only for the port.

    Readiness has a short period: a kubelet that has just started waits up to one before a container's first probe.
    """
    ready = {"exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1", "-U", DATABASE_USER, "-d", DATABASE_NAME]}}
    return {
        "startupProbe": {**ready, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 600},
        "readinessProbe": {**ready, "periodSeconds": 3, "timeoutSeconds": 5, "failureThreshold": 3},
        "livenessProbe": {
            "tcpSocket": {"port": "postgresql"},
            "periodSeconds": 20,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
    }


def _password_mount() -> Mount:
    """As a file: only the first start reads it. Not the URL, which nothing here needs."""
    items = [{"key": "password", "path": "password"}]
    volume = {"name": "password", "secret": {"secretName": DATABASE_SECRET, "items": items, "defaultMode": 0o440}}
    return volume, {"name": "password", "mountPath": _SECRET_DIR, "readOnly": True}
