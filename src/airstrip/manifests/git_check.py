"""The gate before anything else of a release: gets into the repositories of git as whoever clones them will.

That is a task's pod, and what git-sync brings, the DAG processor's: in its namespace, on its nodes, with its
settings and Secret, and Airflow's image. What it needs is named by its contents, so a check that fails has
changed nothing of what runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from airstrip.checksum import checksum
from airstrip.manifests import pod_security
from airstrip.manifests.git import cloned_bundle, git_mounts, git_settings, secret_mount, tasks_namespace
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels, metadata
from airstrip.manifests.names import DAG_PROCESSOR, GIT_CHECK, GIT_DIR, GIT_MAP, GIT_SECRET, TASK
from airstrip.manifests.network import build_git_check_policy
from airstrip.manifests.patches import patched
from airstrip.manifests.process import Resources
from airstrip.manifests.room import component_of, placement
from airstrip.manifests.settings import task_settings, variables
from airstrip.manifests.volumes import SCRATCH, Mount, map_mount, mounts_of, volumes_of
from airstrip.spec import GitBundle, Spec

_RESOURCES = Resources(cpu=100, memory=192, memory_limit=1024)
_BUNDLE_SECONDS = 300
"""For one repository: three answers, of which a silent server gives none."""


@dataclass(frozen=True)
class _Cloner:
    """Whose place a check takes; the settings name what it tries."""

    component: str
    namespace: str
    mounts: tuple[Mount, ...]
    settings: Mapping[str, str]


def build_git_check(inputs: Inputs, release: Iterable[Object]) -> tuple[Object, ...]:
    """What the Jobs mount, their NetworkPolicies and themselves; nothing where no DAGs come from git.

    `release` is what they go before: their names hold a hash of that too, so with any change they run again.
    """
    release = tuple(release)
    found = [item for cloner in _cloners(inputs) for item in _check(inputs, cloner, release)]
    # With the executor `local` both are in one namespace, and so is what they share.
    return tuple(item for index, item in enumerate(found) if item not in found[:index])


def _cloners(inputs: Inputs) -> Iterator[_Cloner]:
    dags = inputs.spec.dags
    settings = task_settings(inputs)
    if dags.cloned:
        yield _Cloner(TASK, tasks_namespace(inputs.spec), git_mounts(inputs), settings)
    if dags.synced:
        # As if a pod cloned them: the check is of who gets in, and where to.
        bundles = json.dumps([tried_bundle(bundle) for bundle in dags.synced])
        tried = {**settings, **git_settings(dags.synced), "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles}
        mounts = (map_mount(GIT_MAP, GIT_DIR), *secret_mount(inputs, GIT_SECRET, dags.synced))
        yield _Cloner(DAG_PROCESSOR, inputs.control, mounts, tried)


def tried_bundle(bundle: GitBundle) -> Object:
    """As a check's settings list it; git-sync asks for a commit by its name, and has it where no branch leads to it."""
    cloned = cloned_bundle(bundle)
    return cloned if bundle.sync is None else {**cloned, "kwargs": {**cloned["kwargs"], "is_synced": True}}


def git_check_namespaces(spec: Spec) -> tuple[str, ...]:
    """Where checks run."""
    tasks = (tasks_namespace(spec),) if spec.dags.cloned else ()
    control = (spec.namespaces.control,) if spec.dags.synced else ()
    return tuple(dict.fromkeys((*tasks, *control)))


def _check(inputs: Inputs, cloner: _Cloner, release: tuple[Object, ...]) -> tuple[Object, ...]:
    namespace = cloner.namespace
    template = _template(inputs, cloner)
    mounted = {volume["configMap"]["name"] for volume in template["spec"]["volumes"] if "configMap" in volume}
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


def _template(inputs: Inputs, cloner: _Cloner) -> Object:
    mounts: tuple[Mount, ...] = (*SCRATCH, *cloner.mounts)
    component = component_of(inputs, cloner.component)
    container = {
        "name": GIT_CHECK,
        "image": inputs.images.airflow,
        "imagePullPolicy": "IfNotPresent",
        "args": ["python", f"{GIT_DIR}/check_git.py"],
        "env": variables({**cloner.settings, **component.env}),
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
            **placement(component),
            **inputs.pull_secrets,
            **inputs.host_aliases,
        },
    }
