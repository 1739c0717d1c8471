"""What people do by hand with kubectl, whose name is then the fields' manager: `up` takes it back."""

from __future__ import annotations

import json
from typing import Any, Literal

from airstrip.kube import Cluster
from tests.landing import NAME

_VERSIONS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Role": "rbac.authorization.k8s.io/v1",
}
"""Of the kinds that are not in `v1`."""


def kubectl_patch(
    cluster: Cluster,
    kind: str,
    name: str,
    body: Any,
    namespace: str | None = NAME,
    *,
    form: Literal["strategic-merge", "merge"] = "strategic-merge",
) -> None:
    """`kubectl patch KIND NAME --type FORM`; None is the namespace of what has none."""
    cluster.transport.request(
        "PATCH",
        cluster.resource(_VERSIONS.get(kind, "v1"), kind).path(namespace, name),
        "patch an object by hand",
        query={"fieldManager": "kubectl-patch"},
        body=json.dumps(body).encode(),
        content_type=f"application/{form}-patch+json",
    )
