"""The pod that a program reaches the volume of pushed DAG files in. See docs/decisions/0044-dags-are-pushed.md."""

from __future__ import annotations

from airstrip.manifests import pod_security
from airstrip.manifests.dags_check import processor_container
from airstrip.manifests.manifest_set import Object
from airstrip.manifests.names import DAGS_DIR
from airstrip.manifests.process import Resources
from airstrip.manifests.volumes import claim_mount

READER_LABEL = "airstrip.dev/dags-reader"
WRITER_LABEL = "airstrip.dev/dags-writer"
"""Of a Job and its pod; its value is the deployment's name."""
VOLUME_ROOT = DAGS_DIR
_NAME = "dags-volume"
_RESOURCES = Resources(cpu=50, memory=64, memory_limit=512)
_LONGEST_SECONDS = 900
_LEFT_SECONDS = 60
"""How long a Job whose caller went away is there still, once it has ended."""


def build_volume_job(processor: Object, *, deployment: str, namespace: str, writes: bool) -> Object:
    """A Job that waits to be asked, where the DAG processor may run and with its image; no secret, no token."""
    spec, first = processor["spec"]["template"]["spec"], processor_container(processor)
    volume, mount = claim_mount("dags", VOLUME_ROOT, read_only=not writes, claim=_claim(spec))
    container = {
        "name": _NAME,
        "image": first["image"],
        "imagePullPolicy": first.get("imagePullPolicy", "IfNotPresent"),
        "args": ["sleep", str(_LONGEST_SECONDS)],
        "resources": _RESOURCES.to_object(),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [mount],
    }
    labels = {"app.kubernetes.io/managed-by": "airstrip", WRITER_LABEL if writes else READER_LABEL: deployment}
    pod = {
        **{key: spec[key] for key in ("nodeSelector", "tolerations", "imagePullSecrets") if spec.get(key)},
        "automountServiceAccountToken": False,
        "containers": [container],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": spec["securityContext"],
        "terminationGracePeriodSeconds": 1,
        "volumes": [volume],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": f"airstrip-{_NAME}-", "namespace": namespace, "labels": labels},
        "spec": {
            "activeDeadlineSeconds": _LONGEST_SECONDS,
            "backoffLimit": 0,
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "ttlSecondsAfterFinished": _LEFT_SECONDS,
        },
    }


def _claim(spec: Object) -> str:
    """That of the DAG processor: whoever landed it may have called it otherwise."""
    sources = (volume.get("persistentVolumeClaim") or {} for volume in spec["volumes"] if volume["name"] == "dags")
    return next((str(source["claimName"]) for source in sources if source), "dags")
