"""What the embedded node's verbs give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class NodeData(TypedDict):
    """`components` are states and restarts by name; what is None is not there while the node does not run."""

    name: str
    state: str
    running: bool
    ready: bool
    port: int | None
    apiUrl: str | None
    pid: int | None
    startedAt: str | None
    versions: Mapping[str, str]
    components: Mapping[str, Mapping[str, Any]]


class NodeBuildData(TypedDict):
    folder: str
    key: str
    versions: Mapping[str, str]


class NodeCheckData(TypedDict):
    """What a build would need; `space` are folders with the bytes that are needed and free."""

    ok: bool
    binaries: NodeBuildData | None
    hasSources: bool
    go: Mapping[str, str] | None
    goAccepted: str
    goToInstall: str
    missingPackages: Sequence[str]
    space: Sequence[Mapping[str, Any]]


class NodeNameData(TypedDict):
    name: str


class NodePruneData(TypedDict):
    name: str
    everything: bool
