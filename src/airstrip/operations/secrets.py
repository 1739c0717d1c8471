"""Secrets are generated once: one that the cluster has is read back as it is, one that it lacks is made whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airstrip.events import Emit, step
from airstrip.kube import Cluster
from airstrip.manifests import checksum


def ensure_secrets(cluster: Cluster, generated: Iterable[Mapping[str, Any]], emit: Emit) -> dict[str, str]:
    """Makes each Secret that is missing; returns a checksum of every Secret's values by its name.

    A step only where one is missing.
    """
    wanted = {secret["metadata"]["name"]: dict(secret) for secret in generated}
    found = {name: _read(cluster, secret) for name, secret in wanted.items()}
    missing = [name for name, secret in found.items() if secret is None]
    if missing:
        with step(emit, "apply.secrets", "Generate passwords and keys") as progress:
            for name in missing:
                found[name] = cluster.apply(wanted[name]).object
            progress.note = f"{len(missing)} Secrets"
    return {name: checksum((secret or {}).get("data") or {}) for name, secret in found.items()}


def _read(cluster: Cluster, secret: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = secret["metadata"]
    return cluster.get("v1", "Secret", metadata["name"], metadata["namespace"])
