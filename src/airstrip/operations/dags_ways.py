"""Where a DAG processor has its DAGs from, in words: of one that runs, or is to be landed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airstrip.manifests import CLONED_CLASS, PUSHED_CLASS, SYNCED_CLASS, git_sync_arguments
from airstrip.operations.dags_facts import Processor

FOLDER, IMAGE, PUSHED = "a folder", "the image", "what was pushed"
_BUILT_IN = "airstrip"


def ways_of(processor: Processor) -> dict[str, str]:
    """By the bundle's name, without Airstrip's own. How often a repository is looked at is no other way."""
    rows = json.loads(processor.bundles or "[]")
    return {row["name"]: _words(row, processor) for row in rows if row["name"] != _BUILT_IN}


def _words(row: Mapping[str, Any], processor: Processor) -> str:
    name, kind, kwargs = row["name"], row["classpath"], row["kwargs"]
    if kind == PUSHED_CLASS:
        return PUSHED
    if kind == CLONED_CLASS:
        return _from_git("git", kwargs["repo_url"], kwargs["tracking_ref"], kwargs)
    if kind == SYNCED_CLASS:
        given = git_sync_arguments(dict(processor.deployment), name)
        return _from_git("git-sync", given.get("repo", ""), given.get("ref", "").removeprefix("refs/heads/"), kwargs)
    return FOLDER if _has_claim(processor) else IMAGE


def _from_git(program: str, repo: str, ref: str, kwargs: Mapping[str, Any]) -> str:
    folder = f", folder {kwargs['subdir']}" if kwargs.get("subdir") else ""
    return f"{program}: {repo} at {'its default branch' if ref == 'HEAD' else ref}{folder}"


def _has_claim(processor: Processor) -> bool:
    volumes = processor.deployment["spec"]["template"]["spec"].get("volumes") or ()
    return any(volume["name"] == "dags" and "persistentVolumeClaim" in volume for volume in volumes)
