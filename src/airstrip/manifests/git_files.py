"""The pod that DAG files of git are fetched in, to be checked: that of the check of git, which waits to be asked."""

from __future__ import annotations

from airstrip.manifests.dags_check import CHECK_LABEL
from airstrip.manifests.manifest_set import Object
from airstrip.manifests.waiting_job import LEFT_SECONDS, LONGEST_SECONDS

_OURS = "app.kubernetes.io/"


def build_git_reader(check: Object, *, deployment: str) -> Object:
    """From the Job of a check, landed or to be landed: its image, nodes, settings, Secret, and what it may reach."""
    template = check["spec"]["template"]
    spec, first = template["spec"], template["spec"]["containers"][0]
    own = {"app.kubernetes.io/managed-by": "airstrip", CHECK_LABEL: deployment}
    # Those that policies go by; with one of the Job's own, that would count this pod.
    labels = {name: text for name, text in template["metadata"]["labels"].items() if name.startswith(_OURS)}
    pod = {
        **spec,
        "containers": [{**first, "args": ["sleep", str(LONGEST_SECONDS)]}],
        "terminationGracePeriodSeconds": 1,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "generateName": "airstrip-git-files-",
            "namespace": check["metadata"]["namespace"],
            "labels": own,
        },
        "spec": {
            "activeDeadlineSeconds": LONGEST_SECONDS,
            "backoffLimit": 0,
            "template": {"metadata": {"labels": {**labels, **own}}, "spec": pod},
            "ttlSecondsAfterFinished": LEFT_SECONDS,
        },
    }
