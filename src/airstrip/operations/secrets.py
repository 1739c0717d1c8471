"""Secrets are generated once: what the cluster has is read back, only what it lacks is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from airstrip.kube import Cluster


def ensure_secrets(cluster: Cluster, generated: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Makes each Secret that is missing; returns a checksum of every Secret's values by its name."""
    checksums = {}
    for secret in generated:
        metadata = secret["metadata"]
        found = cluster.get("v1", "Secret", metadata["name"], metadata["namespace"])
        if found is None:
            found = cluster.apply(dict(secret)).object
        checksums[metadata["name"]] = _checksum(found.get("data") or {})
    return checksums


def _checksum(data: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
