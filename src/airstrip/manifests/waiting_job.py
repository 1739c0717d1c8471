"""A Job whose pod waits to be asked, by `pods/exec`, where the DAG processor may run and with its image; no token."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.manifests.manifest_set import Object
from airstrip.manifests.names import DAG_PROCESSOR

LONGEST_SECONDS = 900
LEFT_SECONDS = 60
"""How long a Job whose caller went away is there still, once it has ended."""
_KEPT = ("nodeSelector", "tolerations", "imagePullSecrets", "hostAliases")
"""Of the DAG processor's pod; a DAG that asks `host.internal` as it is read finds it there, too."""


def processor_container(processor: Object) -> Object:
    """The DAG processor's own, of its Deployment."""
    containers: list[Object] = processor["spec"]["template"]["spec"]["containers"]
    return next(container for container in containers if container["name"] == DAG_PROCESSOR)


def build_waiting_job(
    processor: Object, container: Object, volumes: Sequence[Object], *, namespace: str, label: tuple[str, str]
) -> Object:
    """`container` has its name, resources, mounts and security; the `label` is the Job's and its pod's."""
    spec, first = processor["spec"]["template"]["spec"], processor_container(processor)
    labels = {"app.kubernetes.io/managed-by": "airstrip", label[0]: label[1]}
    waits = {
        "image": first["image"],
        "imagePullPolicy": first.get("imagePullPolicy", "IfNotPresent"),
        "args": ["sleep", str(LONGEST_SECONDS)],
    }
    pod = {
        **{key: spec[key] for key in _KEPT if spec.get(key)},
        "automountServiceAccountToken": False,
        "containers": [{**waits, **container}],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": spec["securityContext"],
        "terminationGracePeriodSeconds": 1,
        "volumes": list(volumes),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": f"airstrip-{container['name']}-", "namespace": namespace, "labels": labels},
        "spec": {
            "activeDeadlineSeconds": LONGEST_SECONDS,
            "backoffLimit": 0,
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "ttlSecondsAfterFinished": LEFT_SECONDS,
        },
    }
