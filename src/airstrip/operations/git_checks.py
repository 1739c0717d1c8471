"""The Jobs that get into the repositories of git before a release: what they tried, and the last that got in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airstrip.errors import AirstripError
from airstrip.manifests import CLONED_CLASS, GIT_CHECK, ManifestSet, tasks_namespace, tried_bundle
from airstrip.operations.session import Session
from airstrip.spec import GitBundle

_BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
_SOURCE = ("repo_url", "tracking_ref", "subdir", "is_synced")
"""What another one of which is other files; how often a repository is looked at is not."""


@dataclass(frozen=True)
class GitCheck:
    """A Job, landed or to be landed, and bundles whose files it gets at."""

    job: Mapping[str, Any]
    bundles: tuple[GitBundle, ...]


def checks_of(manifests: ManifestSet, bundles: Iterable[GitBundle]) -> list[GitCheck]:
    """Those of a release with these bundles."""
    found = (item for stage in manifests.stages for item in stage.objects if item["kind"] == "Job")
    jobs = [job for job in found if job["metadata"]["name"].startswith(f"{GIT_CHECK}-")]
    return [GitCheck(job, tuple(bundle for bundle in bundles if gets_at(job, bundle))) for job in jobs]


def landed_checks(session: Session) -> list[GitCheck]:
    """For every bundle of the file the last that succeeded. Raises AirstripError where one has none."""
    found = [(landed_check(session, bundle), bundle) for bundle in session.spec.dags.git]
    jobs = [job for index, (job, _) in enumerate(found) if job not in [other for other, _ in found[:index]]]
    return [GitCheck(job, tuple(bundle for other, bundle in found if other == job)) for job in jobs]


def landed_check(session: Session, bundle: GitBundle) -> Mapping[str, Any]:
    """The last that succeeded, of what the file says of the bundle now. Raises AirstripError where none has."""
    namespace = tasks_namespace(session.spec) if bundle.sync is None else session.spec.namespaces.control
    ours = f"app.kubernetes.io/component={GIT_CHECK},app.kubernetes.io/instance={session.spec.name}"
    jobs = session.cluster.list("batch/v1", "Job", namespace, label_selector=ours)
    fitting = [job for job in jobs if (job.get("status") or {}).get("succeeded") and gets_at(job, bundle)]
    if not fitting:
        raise AirstripError(
            "git.not-checked",
            f"nothing in {namespace} has got into the repository of the bundle {bundle.name} yet",
            cause="The file was changed since the last landing, that one did not get to its end, or the Job was "
            "deleted.",
            fix="Run: ./airstrip up   (as root, or with sudo)",
        )
    return max(fitting, key=lambda job: str(job["metadata"]["creationTimestamp"]))


def gets_at(job: Mapping[str, Any], bundle: GitBundle) -> bool:
    """Whether a Job of a check tries this repository, branch and folder, as whoever clones them or as git-sync."""
    variables = job["spec"]["template"]["spec"]["containers"][0].get("env") or ()
    text = next((each["value"] for each in variables if each["name"] == _BUNDLES), "[]")
    tried = [item for item in json.loads(text) if item["classpath"] == CLONED_CLASS and item["name"] == bundle.name]
    return [_source(item) for item in tried] == [_source(tried_bundle(bundle))]


def _source(item: Mapping[str, Any]) -> list[Any]:
    return [item["kwargs"].get(name) for name in _SOURCE]
