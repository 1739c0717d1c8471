"""Where a container finds the DAGs: mounted, or cloned by Airflow from git."""

from __future__ import annotations

from airstrip.manifests.git import git_mounts
from airstrip.manifests.manifest_set import Inputs
from airstrip.manifests.volumes import BUILT_IN_DAGS, DAGS, Mount


def dags_mounts(inputs: Inputs) -> tuple[Mount, ...]:
    """Of who parses DAG files or runs tasks. Clones go to /tmp."""
    return (*(git_mounts(inputs) if inputs.spec.dags.git else (DAGS,)), BUILT_IN_DAGS)
