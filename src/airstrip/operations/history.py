"""What was landed when: the last releases of a deployment, recorded in its cluster."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Literal

from airstrip.answers import HistoryData
from airstrip.kube import Cluster
from airstrip.operations.session import Session
from airstrip.result import Result
from airstrip.version import __version__

NAME = "airstrip-history"
_KEPT = 20
_RELEASES = "releases"
_UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Release:
    """One `up` that changed something, completed what another one began, or failed at the cluster or Airflow.

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
    """Oldest first; nothing where there is no record, or none that can be read."""
    return _parse(_read(cluster, namespace)) or ()


def landed_images(cluster: Cluster, namespace: str) -> Mapping[str, str]:
    """Digests that the history knows: whoever asks may have another cache than whoever landed it."""
    return {name: digest for release in read_history(cluster, namespace) for name, digest in release.images.items()}


def history(session: Session) -> Result[HistoryData]:
    """The last releases as data, oldest first."""
    releases = read_history(session.cluster, session.spec.namespaces.control)
    return Result("status", {"name": session.spec.name, "history": [asdict(release) for release in releases]})


def record_release(
    cluster: Cluster, namespace: str, *, airflow: str, changed: int, images: Mapping[str, str], error: str = ""
) -> Release:
    """Adds a release; only the last ones are kept. A record that cannot be read stays, beside the new one."""
    text = _read(cluster, namespace)
    history = _parse(text)
    data = {_UNREADABLE: text} if history is None else {}
    history = history or ()
    release = Release(
        revision=history[-1].revision + 1 if history else 1,
        at=now(),
        by=whoever(),
        airstrip=__version__,
        airflow=airflow,
        state="failed" if error else "landed",
        changed=changed,
        images=dict(images),
        error=error,
    )
    rows = [asdict(each) for each in (*history, release)[-_KEPT:]]
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "airstrip"}}
    data[_RELEASES] = "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    return release


def is_recorded(history: Sequence[Release], *, airflow: str, images: Mapping[str, str]) -> bool:
    """Whether the last release is this one, landed: what interrupted it before its record was made, is then not so."""
    last = history[-1] if history else None
    return last is not None and (last.state, last.airflow, last.images) == ("landed", airflow, dict(images))


def _read(cluster: Cluster, namespace: str) -> str:
    found = cluster.get("v1", "ConfigMap", NAME, namespace)
    return str(((found or {}).get("data") or {}).get(_RELEASES, "[]"))


def _parse(text: str) -> tuple[Release, ...] | None:
    """None for what is no record. Fields that a later Airstrip added are passed over."""
    known = {each.name for each in fields(Release)}
    try:
        return tuple(Release(**{name: row[name] for name in row if name in known}) for row in json.loads(text))
    except (ValueError, TypeError):
        return None


def now() -> str:
    """RFC 3339 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whoever() -> str:
    """Who acts, and on which machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
