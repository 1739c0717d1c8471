"""The Jobs that get into the repositories of git before a release: what they tried, and the last that got in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airstrip.errors import AirstripError
from airstrip.manifests import CLONED_CLASS, GIT_CHECK, ManifestSet, tasks_namespace
from airstrip.operations.session import Session
from airstrip.spec import GitBundle

_BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"


def bundles_of(check: Mapping[str, Any]) -> list[str]:
    """Those that a check gets into, as whoever clones them."""
    variables = check["spec"]["template"]["spec"]["containers"][0].get("env") or ()
    text = next((each["value"] for each in variables if each["name"] == _BUNDLES), "[]")
    return [item["name"] for item in json.loads(text) if item["classpath"] == CLONED_CLASS]


def checks_of(manifests: ManifestSet) -> list[Mapping[str, Any]]:
    """Those of a release."""
    jobs = (item for stage in manifests.stages for item in stage.objects if item["kind"] == "Job")
    return [job for job in jobs if job["metadata"]["name"].startswith(f"{GIT_CHECK}-")]


def landed_check(session: Session, bundle: GitBundle) -> Mapping[str, Any]:
    """The last that succeeded. Raises AirstripError where none has."""
    namespace = tasks_namespace(session.spec) if bundle.sync is None else session.spec.namespaces.control
    ours = f"app.kubernetes.io/component={GIT_CHECK},app.kubernetes.io/instance={session.spec.name}"
    jobs = session.cluster.list("batch/v1", "Job", namespace, label_selector=ours)
    fitting = [job for job in jobs if (job.get("status") or {}).get("succeeded") and bundle.name in bundles_of(job)]
    if not fitting:
        raise AirstripError(
            "git.not-checked",
            f"nothing in {namespace} has got into the repository of the bundle {bundle.name} yet",
            cause="The file was changed since the last landing, that one did not get to its end, or the Job was "
            "deleted.",
            fix="Run: ./airstrip up   (as root, or with sudo)",
        )
    return max(fitting, key=lambda job: str(job["metadata"]["creationTimestamp"]))
