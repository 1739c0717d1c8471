"""Where a container finds the DAGs: mounted (a folder, git-sync), cloned by Airflow from git, or in its image."""

from __future__ import annotations

from airstrip.manifests.git import git_mounts
from airstrip.manifests.manifest_set import Inputs
from airstrip.manifests.volumes import BUILT_IN_DAGS, Mount, dags_mount


def dags_mounts(inputs: Inputs) -> tuple[Mount, ...]:
    """Of who parses DAG files or runs tasks. Clones go to /tmp."""
    dags = inputs.spec.dags
    shared = (dags_mount(inputs.spec, read_only=True),) if "dags" in dags.volumes else ()
    return (*shared, *(git_mounts(inputs) if dags.cloned else ()), BUILT_IN_DAGS)
