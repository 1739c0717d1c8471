"""The Job of a check of DAG files: the DAG processor's container in the workers' namespace, without its secrets.

Made from the DAG processor as it is, or as it is to be, and from its settings: the check sees what it will see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airstrip.manifests.manifest_set import Object
from airstrip.manifests.names import (
    BUILT_IN_DAGS_DIR,
    DAGS_DIR,
    DAGS_MAP,
    ENVIRONMENT_MAP,
    PROJECTS_MAP,
    SETTINGS_MAP,
)
from airstrip.manifests.settings import variables
from airstrip.manifests.volumes import empty_mount
from airstrip.manifests.waiting_job import build_waiting_job, processor_container
from airstrip_pods.conventions import PROJECTS_VARIABLE

CHECK = "dags-check"
CHECK_LABEL = "airstrip.dev/dags-check"
"""Of the Job and its pod; its value is the deployment's name."""
CHECK_FOLDERS = {"dags": DAGS_DIR, "program": "/tmp/airstrip"}
"""Where the pod has the DAG files, and the program that parses them."""
_DAGS = empty_mount("dags", DAGS_DIR)
"""Filled by the check, wherever the DAG processor has its files from."""
_SHARED_MAPS = (SETTINGS_MAP, DAGS_MAP, PROJECTS_MAP)
"""What lies in the workers' namespace too. A file that names a project which is not there cannot be imported."""


def check_bundles(names: Sequence[str] = ("main",)) -> list[dict[str, str]]:
    """What the pod is to parse, and the built-in DAGs. Of several bundles each has a folder of its name."""
    folders = {name: f"{DAGS_DIR}/{name}" if len(names) > 1 else DAGS_DIR for name in names}
    return [{"name": name, "path": path} for name, path in {**folders, "airstrip": BUILT_IN_DAGS_DIR}.items()]


def environment_map(processor: Object) -> str:
    """The ConfigMap that the DAG processor has its settings from, by name; empty where it has none."""
    sources = processor_container(processor).get("envFrom") or ()
    names = [str(source["configMapRef"]["name"]) for source in sources if "configMapRef" in source]
    return next((name for name in names if name.startswith(ENVIRONMENT_MAP)), "")


def build_check(
    processor: Object, environment: Mapping[str, str], *, deployment: str, namespace: str, projects: str = ""
) -> Object:
    """A Job that waits to be given DAG files, from the Deployment of the DAG processor and its settings.

    `projects` is what DAG files may know of projects, where the cluster does not have it yet.
    """
    spec, first = processor["spec"]["template"]["spec"], processor_container(processor)
    own = [entry for entry in first.get("env") or () if "valueFrom" not in entry]
    volumes = [volume for volume in spec.get("volumes") or () if _is_taken(volume)]
    if projects:
        volumes = [volume for volume in volumes if volume["name"] != PROJECTS_MAP]
        own += variables({PROJECTS_VARIABLE: projects})
    taken = {volume["name"] for volume in volumes}
    container = {
        "name": CHECK,
        "env": [*variables(environment), *own],
        "resources": first.get("resources") or {},
        "securityContext": first["securityContext"],
        "volumeMounts": [_DAGS[1], *(mount for mount in first["volumeMounts"] if mount["name"] in taken)],
    }
    label = CHECK_LABEL, deployment
    return build_waiting_job(processor, container, [_DAGS[0], *volumes], namespace=namespace, label=label)


def missing_mounts(processor: Object) -> tuple[str, ...]:
    """Where the DAG processor has files that a check's pod does not have, by their paths."""
    volumes = processor["spec"]["template"]["spec"].get("volumes") or ()
    taken = {volume["name"] for volume in volumes if _is_taken(volume)}
    mounts = processor_container(processor).get("volumeMounts") or ()
    paths = (str(mount["mountPath"]).rstrip("/") for mount in mounts if mount["name"] not in taken)
    return tuple(path for path in paths if path != DAGS_DIR)


def _is_taken(volume: Object) -> bool:
    """Not what the workers' namespace does not have, scripts and what the file adds to the DAG processor; no secret."""
    shared = "configMap" in volume and volume["name"] in _SHARED_MAPS
    return shared or "emptyDir" in volume
