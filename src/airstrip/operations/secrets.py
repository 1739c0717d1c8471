"""Secrets are generated once: one that the cluster has is read back as it is, one that it lacks is made whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airstrip.kube import Cluster
from airstrip.manifests import checksum


def ensure_secrets(cluster: Cluster, generated: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Makes each Secret that is missing; returns a checksum of every Secret's values by its name."""
    checksums = {}
    for secret in generated:
        metadata = secret["metadata"]
        found = cluster.get("v1", "Secret", metadata["name"], metadata["namespace"])
        if found is None:
            found = cluster.apply(dict(secret)).object
        checksums[metadata["name"]] = checksum(found.get("data") or {})
    return checksums
