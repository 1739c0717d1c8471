"""What pod security `restricted` demands, and more: nothing here writes into its image."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Object

AIRFLOW_UID = 50000
AIRFLOW_GID = 0
"""Group 0, as Airflow's images have it: files on NFS must be writable for it whatever the uid."""

POSTGRESQL_UID = 999
POSTGRESQL_GID = 999

CONTAINER: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}

SIDECAR: Object = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""Of a container that is not ours: it may write into its image. The rest of `restricted` stands in the pod."""


def airflow_pod() -> Object:
    return _pod(AIRFLOW_UID, AIRFLOW_GID)


def postgresql_pod() -> Object:
    return _pod(POSTGRESQL_UID, POSTGRESQL_GID)


def _pod(uid: int, gid: int) -> Object:
    """`OnRootMismatch`: a volume's files get the group once, not at each start of a pod."""
    return {
        "fsGroup": gid,
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsGroup": gid,
        "runAsNonRoot": True,
        "runAsUser": uid,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
