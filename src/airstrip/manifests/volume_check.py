"""The gate before the database and Airflow: a pod in each namespace tries the volumes that somebody else made.

An export that is closed to pods would otherwise show as tasks without logs, one by one.
"""

from __future__ import annotations

from airstrip.checksum import checksum
from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels, metadata
from airstrip.manifests.names import VOLUME_CHECK, VOLUMES_DIR, VOLUMES_MAP
from airstrip.manifests.patches import patched
from airstrip.manifests.process import Resources
from airstrip.manifests.volumes import TMP, Mount, claim_mount, map_mount, mounts_of, volumes_of

_RESOURCES = Resources(cpu=50, memory=64, memory_limit=128)
_SECONDS = 180
"""For the mount, too: an NFS server that is silent is waited for."""


def build_volume_check(inputs: Inputs, claims: tuple[Object, ...], release: tuple[Object, ...]) -> tuple[Object, ...]:
    """One Job for each namespace with claims, named after all that it tries; nothing where the place made them.

    `release` is what they go before: their names hold a hash of that too, so with any change they try again what a
    server may have closed since.
    """
    if not inputs.platform.has_foreign_volumes:
        return ()
    namespaces = dict.fromkeys(claim["metadata"]["namespace"] for claim in claims)
    return tuple(_job(inputs, namespace, claims, release) for namespace in namespaces)


def _job(inputs: Inputs, namespace: str, claims: tuple[Object, ...], release: tuple[Object, ...]) -> Object:
    own = [claim["metadata"]["name"] for claim in claims if claim["metadata"]["namespace"] == namespace]
    mounts: list[Mount] = [TMP, map_mount(VOLUMES_MAP, VOLUMES_DIR)]
    mounts += [claim_mount(name, f"/mnt/{name}", read_only=False) for name in own]
    container = {
        "name": VOLUME_CHECK,
        "image": inputs.images.airflow,
        "imagePullPolicy": "IfNotPresent",
        "args": ["python", f"{VOLUMES_DIR}/check_volumes.py", *(f"rw:/mnt/{name}" for name in own)],
        "resources": _RESOURCES.to_object(),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": mounts_of(mounts),
    }
    job: Object = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(inputs, VOLUME_CHECK, VOLUME_CHECK, namespace),
        "spec": {
            "activeDeadlineSeconds": _SECONDS,
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": labels(inputs, VOLUME_CHECK)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "containers": [container],
                    "enableServiceLinks": False,
                    "restartPolicy": "Never",
                    "securityContext": pod_security.airflow_pod(),
                    "volumes": volumes_of(inputs, mounts),
                    **inputs.pull_secrets,
                },
            },
        },
    }
    job = patched(inputs, job)
    backing = [(claim["metadata"]["name"], claim["spec"].get("volumeName")) for claim in claims]
    name = f"{VOLUME_CHECK}-{checksum([job, backing, release])[:10]}"
    return {**job, "metadata": {**job["metadata"], "name": name}}
