"""The cluster-scoped objects where one node has the folders behind volumes: namespaces, and a volume for each claim."""

from __future__ import annotations

from typing import Any

from airstrip.platform import Purpose
from airstrip.spec import Spec
from airstrip.targets.shared_volumes import build_namespaces, build_volumes


def build_cluster_objects(spec: Spec, folders: dict[Purpose, str], node: str) -> tuple[dict[str, Any], ...]:
    """Namespaces first, then a `local` PersistentVolume for each claim. `folders` are the node's paths by purpose."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    on_node = {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}}

    def folder(purpose: Purpose, project: str) -> dict[str, Any]:
        below = f"/{project}" if project else ""
        return {"local": {"path": folders[purpose] + below}, "nodeAffinity": on_node}

    return (*build_namespaces(spec), *build_volumes(spec, folder))
