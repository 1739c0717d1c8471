"""What Airflow's containers see of a file system: a read-only image, and these mounts."""

from __future__ import annotations

from collections.abc import Iterable

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import (
    BUILT_IN_DAGS_DIR,
    DAGS_DIR,
    DAGS_MAP,
    HOME_DIR,
    LOGS_DIR,
    SCRIPTS_DIR,
    SCRIPTS_MAP,
    SETTINGS_DIR,
    SETTINGS_MAP,
    TEMPLATE_DIR,
    TEMPLATE_MAP,
)
from airstrip.spec import Spec

Mount = tuple[Object, Object]
"""A pod's volume, and the container's mount of it."""


def empty_mount(name: str, path: str, size_limit: str | None = None) -> Mount:
    """An emptyDir; a pod that puts more than `size_limit` into it is replaced."""
    source = {"sizeLimit": size_limit} if size_limit else {}
    return {"name": name, "emptyDir": source}, {"name": name, "mountPath": path}


def map_mount(name: str, path: str) -> Mount:
    volume = {"name": name, "configMap": {"name": name}}
    return volume, {"name": name, "mountPath": path, "readOnly": True}


def claim_mount(name: str, path: str, *, read_only: bool, claim: str = "") -> Mount:
    """Read-only at the volume too: kubelet then leaves the owners of the user's files alone."""
    source = {"claimName": claim or name, **({"readOnly": True} if read_only else {})}
    mount = {"name": name, "mountPath": path, **({"readOnly": True} if read_only else {})}
    return {"name": name, "persistentVolumeClaim": source}, mount


def dags_mount(spec: Spec, *, read_only: bool) -> Mount:
    """What a volume has of the user's DAGs."""
    return claim_mount("dags", DAGS_DIR, read_only=read_only, claim=spec.dags.claim)


TMP = empty_mount("tmp", "/tmp")
HOME = empty_mount("home", HOME_DIR)
SETTINGS = map_mount(SETTINGS_MAP, SETTINGS_DIR)
SCRIPTS = map_mount(SCRIPTS_MAP, SCRIPTS_DIR)
TEMPLATE = map_mount(TEMPLATE_MAP, TEMPLATE_DIR)
BUILT_IN_DAGS = map_mount(DAGS_MAP, BUILT_IN_DAGS_DIR)
LOGS = claim_mount("logs", LOGS_DIR, read_only=False)
LOGS_TO_READ = claim_mount("logs", LOGS_DIR, read_only=True)
PRIVATE_LOGS = empty_mount("logs", LOGS_DIR, "1Gi")
"""Of processes whose logs nobody reads as files. The DAG processor appends 0.3 kB at each parse and never cleans up."""

SCRATCH = (TMP, HOME, SETTINGS)
"""Of every Airflow container. Bundles and other temporary files go to /tmp."""


def volumes_of(inputs: Inputs, mounts: Iterable[Mount]) -> list[Object]:
    """With each ConfigMap under the name that it is applied by."""
    return [_applied(inputs, volume) for volume, _ in mounts]


def _applied(inputs: Inputs, volume: Object) -> Object:
    if "configMap" not in volume:
        return volume
    source = volume["configMap"]
    # The map of projects has no hash: it changes under those that read it.
    return {**volume, "configMap": {**source, "name": inputs.config_maps.get(source["name"], source["name"])}}


def mounts_of(mounts: Iterable[Mount]) -> list[Object]:
    return [mount for _, mount in mounts]


def claims_of(mounts: Iterable[Mount]) -> list[str]:
    """The claims among them, by name."""
    return [volume["persistentVolumeClaim"]["claimName"] for volume, _ in mounts if "persistentVolumeClaim" in volume]
