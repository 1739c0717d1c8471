"""The gate before anything else of a release: gets into the repositories of git as a task's pod will.

In the tasks' namespace, on their nodes, with their image, settings and Secret. What it needs is named by
its contents, so a check that fails has changed nothing of what runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from airstrip.checksum import checksum
from airstrip.manifests import pod_security
from airstrip.manifests.git import git_mounts, tasks_namespace
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels, metadata
from airstrip.manifests.names import GIT_CHECK, GIT_DIR, TASK
from airstrip.manifests.network import build_git_check_policy
from airstrip.manifests.patches import patched
from airstrip.manifests.process import Resources
from airstrip.manifests.room import component_of, placement
from airstrip.manifests.settings import task_settings, variables
from airstrip.manifests.volumes import SCRATCH, Mount, mounts_of, volumes_of

_RESOURCES = Resources(cpu=100, memory=192, memory_limit=1024)
_BUNDLE_SECONDS = 300
"""For one repository: three answers, of which a silent server gives none."""


def build_git_check(inputs: Inputs, release: Iterable[Object]) -> tuple[Object, ...]:
    """What the Job mounts, its NetworkPolicy and itself; nothing where no DAGs come from git.

    `release` is what it goes before: its name holds a hash of that too, so with any change it runs again.
    """
    if not inputs.spec.dags.git:
        return ()
    namespace = tasks_namespace(inputs.spec)
    template = _template(inputs)
    mounted = {volume["configMap"]["name"] for volume in template["spec"]["volumes"] if "configMap" in volume}
    release = tuple(release)
    config_maps = [
        item
        for item in release
        if item["kind"] == "ConfigMap"
        and item["metadata"]["namespace"] == namespace
        and item["metadata"]["name"] in mounted
    ]
    job: Object = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(inputs, GIT_CHECK, GIT_CHECK, namespace),
        "spec": {
            "activeDeadlineSeconds": _BUNDLE_SECONDS * len(inputs.spec.dags.git),
            "backoffLimit": 0,
            "template": template,
        },
    }
    job = patched(inputs, job)
    name = f"{GIT_CHECK}-{checksum([job, release])[:10]}"
    job = {**job, "metadata": {**job["metadata"], "name": name}}
    return (*config_maps, patched(inputs, build_git_check_policy(inputs, namespace)), job)


def _template(inputs: Inputs) -> Object:
    mounts: tuple[Mount, ...] = (*SCRATCH, *git_mounts(inputs))
    container = {
        "name": GIT_CHECK,
        "image": inputs.images.airflow,
        "imagePullPolicy": "IfNotPresent",
        "args": ["python", f"{GIT_DIR}/check_git.py"],
        "env": variables({**task_settings(inputs), **component_of(inputs, TASK).env}),
        "resources": _RESOURCES.to_object(),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": mounts_of(mounts),
    }
    return {
        "metadata": {"labels": labels(inputs, GIT_CHECK)},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [container],
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "securityContext": pod_security.airflow_pod(),
            "volumes": volumes_of(inputs, mounts),
            **placement(component_of(inputs, TASK)),
            **inputs.pull_secrets,
        },
    }
