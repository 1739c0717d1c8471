"""Secrets are generated once: what the cluster has is read back as it is, a Secret or a key that it lacks is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airstrip.events import Emit, step
from airstrip.kube import Cluster
from airstrip.manifests import checksum, completed, missing_keys


def ensure_secrets(cluster: Cluster, generated: Iterable[Mapping[str, Any]], emit: Emit) -> dict[str, str]:
    """Makes each Secret, and each key of one, that is missing; returns a checksum of every Secret's values by its name.

    A step only where one is missing.
    """
    wanted = {secret["metadata"]["name"]: dict(secret) for secret in generated}
    found = {name: _read(cluster, secret) for name, secret in wanted.items()}
    lacking = [name for name, secret in found.items() if secret is None or missing_keys(secret)]
    if lacking:
        with step(emit, "apply.secrets", "Generate passwords and keys") as progress:
            for name in lacking:
                found[name] = _made(cluster, found[name], wanted[name])
            progress.note = f"{len(lacking)} Secrets"
    return {name: checksum((secret or {}).get("data") or {}) for name, secret in found.items()}


def _made(cluster: Cluster, found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """One that is there is written onto the version that was read: what somebody puts back meanwhile is not lost."""
    if found is None:
        return cluster.apply(wanted).object
    return cluster.replace({"apiVersion": "v1", "kind": "Secret", **completed(found, wanted)})


def _read(cluster: Cluster, secret: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = secret["metadata"]
    return cluster.get("v1", "Secret", metadata["name"], metadata["namespace"])
