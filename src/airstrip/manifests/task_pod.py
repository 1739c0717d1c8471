"""The template that the KubernetesExecutor makes every task's pod from. A task gets the least."""

from __future__ import annotations

from airstrip.manifests import pod_security
from airstrip.manifests.dags import dags_mounts
from airstrip.manifests.document import format_document
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import config_map, labels
from airstrip.manifests.names import ACCOUNT_TEMPLATE_FILE, TASK, TEMPLATE_FILE, TEMPLATE_MAP, pods_account
from airstrip.manifests.patches import patched
from airstrip.manifests.process import Resources
from airstrip.manifests.projects import projects_variable
from airstrip.manifests.room import component_of, resources, with_room
from airstrip.manifests.settings import task_settings, variables
from airstrip.manifests.volumes import LOGS, SCRATCH, Mount, mounts_of, volumes_of

_RESOURCES = Resources(cpu=100, memory=192, memory_limit=2048)
# The executor fills in the command; the name `base` is its own.
_CONTAINER = "base"


def build_task_pod_template(inputs: Inputs) -> Object:
    """A ConfigMap for the scheduler with the template as a file; the executor reads it for each pod.

    A second one has the account that task_policy of the local settings gives to others.
    """
    pod = _pod(inputs)
    account = {"automountServiceAccountToken": True, "serviceAccountName": pods_account(inputs.spec.name)}
    with_account = {**pod, "spec": {**pod["spec"], **account}}
    files = {TEMPLATE_FILE: pod, ACCOUNT_TEMPLATE_FILE: with_account}
    texts = {name: format_document(patched(inputs, template)) for name, template in files.items()}
    return config_map(inputs, TEMPLATE_MAP, inputs.control, texts)


def _pod(inputs: Inputs) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            # The executor puts a name of its own in its place.
            "name": "task",
            "namespace": inputs.workers,
            "labels": labels(inputs, TASK),
            # A task that runs is not moved to save a node.
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        },
        "spec": with_room(inputs, TASK, _spec(inputs)),
    }


def _spec(inputs: Inputs) -> Object:
    mounts: tuple[Mount, ...] = (*SCRATCH, *dags_mounts(inputs), LOGS)
    return {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": _CONTAINER,
                "image": inputs.images.with_dags,
                "imagePullPolicy": "IfNotPresent",
                "env": [*variables({**task_settings(inputs), **component_of(inputs, TASK).env}), projects_variable()],
                "resources": resources(inputs, TASK, _RESOURCES.to_object()),
                "securityContext": dict(pod_security.CONTAINER),
                "volumeMounts": mounts_of(mounts),
            }
        ],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": pod_security.airflow_pod(),
        "terminationGracePeriodSeconds": 60,
        "volumes": volumes_of(inputs, mounts),
    }
