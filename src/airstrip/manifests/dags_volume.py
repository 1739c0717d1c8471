"""The pod that a program reaches the volume of pushed DAG files in. See docs/decisions/0044-dags-are-pushed.md."""

from __future__ import annotations

from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Object
from airstrip.manifests.names import DAGS_DIR
from airstrip.manifests.process import Resources
from airstrip.manifests.volumes import claim_mount
from airstrip.manifests.waiting_job import build_waiting_job

READER_LABEL = "airstrip.dev/dags-reader"
WRITER_LABEL = "airstrip.dev/dags-writer"
"""Of a Job and its pod; its value is the deployment's name."""
VOLUME_ROOT = DAGS_DIR
_NAME = "dags-volume"
_RESOURCES = Resources(cpu=50, memory=64, memory_limit=512)


def build_volume_job(processor: Object, *, deployment: str, namespace: str, writes: bool) -> Object:
    """A Job that waits to be asked: the volume that the DAG processor mounts, and no secret."""
    claim = _claim(processor["spec"]["template"]["spec"])
    volume, mount = claim_mount("dags", VOLUME_ROOT, read_only=not writes, claim=claim)
    container = {
        "name": _NAME,
        "resources": _RESOURCES.to_object(),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [mount],
    }
    label = WRITER_LABEL if writes else READER_LABEL, deployment
    return build_waiting_job(processor, container, [volume], namespace=namespace, label=label)


def _claim(spec: Object) -> str:
    """That of the DAG processor: whoever landed it may have called it otherwise."""
    sources = (volume.get("persistentVolumeClaim") or {} for volume in spec["volumes"] if volume["name"] == "dags")
    return next((str(source["claimName"]) for source in sources if source), "dags")
