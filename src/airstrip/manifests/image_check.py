"""The Job that runs a task image's own check: where tasks run, with what pod security `restricted` demands."""

from __future__ import annotations

from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.volumes import empty_mount
from airstrip.spec import Spec

IMAGE_CHECK = "image-check"

_SCRATCH = empty_mount("tmp", "/tmp")
_LONGEST_SECONDS = 900
_LEFT_SECONDS = 60
"""How long a Job whose caller went away is there still, once it has ended."""


def build_image_check(spec: Spec, image: str) -> Object:
    """The image's command is its check."""
    container: Object = {
        "name": IMAGE_CHECK,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [_SCRATCH[1]],
    }
    labels = {**deployment_labels(spec), "app.kubernetes.io/component": IMAGE_CHECK}
    pull = [{"name": secret} for secret in spec.image.pull_secrets]
    pod: Object = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": pod_security.airflow_pod(),
        "volumes": [_SCRATCH[0]],
        **({"imagePullSecrets": pull} if pull else {}),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "generateName": f"airstrip-{IMAGE_CHECK}-",
            "namespace": spec.namespaces.workers,
            "labels": labels,
        },
        "spec": {
            "activeDeadlineSeconds": _LONGEST_SECONDS,
            "backoffLimit": 0,
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "ttlSecondsAfterFinished": _LEFT_SECONDS,
        },
    }
