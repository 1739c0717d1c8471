"""The parts of a project's pods, as the Kubernetes provider of Airflow takes them.

Airflow and Kubernetes are imported when a function is called, so that a task image needs neither.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypedDict

from airstrip_pods.conventions import (
    DAGS_CLAIM_VARIABLE,
    DAGS_DIR,
    DAGS_VERSIONS_CLAIM_VARIABLE,
    DATA_CLAIM,
    DATA_DIR,
    RUNNING_VERSION,
    config_map_name,
    data_sub_path,
    secret_name,
)
from airstrip_pods.surroundings import project_data, settings_of

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.secret import Secret
    from kubernetes.client import models as k8s


class Volumes(TypedDict):
    """Keyword arguments of KubernetesPodOperator."""

    volumes: list[k8s.V1Volume]
    volume_mounts: list[k8s.V1VolumeMount]


def task_pod_configmaps(project: str) -> list[k8s.V1EnvFromSource]:
    """The project's ConfigMap as environment variables: `env_from` of a KubernetesPodOperator.

    Empty where the project has none; a pod starts without it where that is not known.
    """
    from kubernetes.client import models as k8s

    has = settings_of(project).config
    if has is False:
        return []
    source = k8s.V1ConfigMapEnvSource(name=config_map_name(project), optional=has is None)
    return [k8s.V1EnvFromSource(config_map_ref=source)]


def task_pod_secrets(project: str) -> list[Secret]:
    """The project's Secret as environment variables: `secrets` of a KubernetesPodOperator. Else as the ConfigMap."""
    has = settings_of(project).secret
    if has is False:
        return []
    from airflow.providers.cncf.kubernetes.secret import Secret

    from airstrip_pods.provider import OptionalSecret

    name = secret_name(project)
    return [OptionalSecret(name) if has is None else Secret("env", None, name)]


def task_pod_volumes(project: str) -> Volumes:
    """The project's data, read-write at /opt/data, and the DAGs, read-only at /opt/airflow/dags.

    Without data where that is in an object store, and without DAGs where no volume has them. Of a volume with several
    versions it is the one that the task runs, which the operator writes into the mount when it renders its templates.
    """
    data, dags = data_volume(project), _dags_volume()
    return {
        "volumes": [*data["volumes"], *dags["volumes"]],
        "volume_mounts": [*data["volume_mounts"], *dags["volume_mounts"]],
    }


def data_volume(project: str) -> Volumes:
    """The project's folder of the claim; nothing where data is in an object store.

    The claim of a namespace that the project has for itself is that folder.
    """
    settings = settings_of(project)
    if project_data(project):
        return {"volumes": [], "volume_mounts": []}
    return _claim(DATA_CLAIM, DATA_CLAIM, DATA_DIR, sub_path=None if settings.namespace else data_sub_path(project))


def _dags_volume() -> Volumes:
    if claim := os.environ.get(DAGS_CLAIM_VARIABLE):
        return _claim("dags", claim, DAGS_DIR, read_only=True)
    if claim := os.environ.get(DAGS_VERSIONS_CLAIM_VARIABLE):
        return _claim("dags", claim, DAGS_DIR, sub_path=RUNNING_VERSION, read_only=True)
    return {"volumes": [], "volume_mounts": []}


def _claim(name: str, claim: str, path: str, *, sub_path: str | None = None, read_only: bool = False) -> Volumes:
    """Read-only at the volume too: kubelet then leaves the owners of its files alone."""
    from kubernetes.client import models as k8s

    source = k8s.V1PersistentVolumeClaimVolumeSource(claim_name=claim, read_only=read_only or None)
    mount = k8s.V1VolumeMount(name=name, mount_path=path, sub_path=sub_path, read_only=read_only or None)
    return {"volumes": [k8s.V1Volume(name=name, persistent_volume_claim=source)], "volume_mounts": [mount]}
