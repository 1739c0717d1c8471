"""What was landed when: the last releases of a deployment, recorded in its cluster."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal

from airstrip.kube import Cluster
from airstrip.operations.session import Session
from airstrip.result import Result
from airstrip.version import __version__

NAME = "airstrip-history"
_KEPT = 20


@dataclass(frozen=True)
class Release:
    """One `up` that changed something, or failed.

    `at` is RFC 3339 in UTC; `changed` counts objects; `images` are references by digest, by the name
    that the image had before its digest was known; `error` is the code of what failed.
    """

    revision: int
    at: str
    by: str
    airstrip: str
    airflow: str
    state: Literal["landed", "failed"]
    changed: int
    images: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


def read_history(cluster: Cluster, namespace: str) -> tuple[Release, ...]:
    """Oldest first; nothing where there is no record, or none that this Airstrip can read."""
    found = cluster.get("v1", "ConfigMap", NAME, namespace)
    try:
        rows = json.loads(((found or {}).get("data") or {}).get("releases", "[]"))
        return tuple(Release(**row) for row in rows)
    except (ValueError, TypeError):
        return ()


def history(session: Session) -> Result:
    """The last releases as data, oldest first."""
    releases = read_history(session.cluster, session.spec.namespaces.control)
    return Result("status", {"name": session.spec.name, "history": [asdict(release) for release in releases]})


def record_release(
    cluster: Cluster, namespace: str, *, airflow: str, changed: int, images: Mapping[str, str], error: str = ""
) -> Release:
    """Adds a release; only the last ones are kept."""
    history = read_history(cluster, namespace)
    release = Release(
        revision=history[-1].revision + 1 if history else 1,
        at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        by=f"{_user()}@{socket.gethostname()}",
        airstrip=__version__,
        airflow=airflow,
        state="failed" if error else "landed",
        changed=changed,
        images=dict(images),
        error=error,
    )
    rows = [asdict(each) for each in (*history, release)[-_KEPT:]]
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "airstrip"}}
    text = "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"releases": text}})
    return release


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
