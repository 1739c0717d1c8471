"""What a node is doing now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from airstrip.answers import NodeData
from airstrip.embedded.binaries.folder import Versions, read_versions
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.kubeconfigs import not_yours
from airstrip.embedded.supervisor import lock, record


@dataclass(frozen=True)
class ComponentStatus:
    """`state` is waiting, starting, ready, done or failing; `restarts` counts since the start."""

    state: str
    restarts: int


@dataclass(frozen=True)
class NodeStatus:
    """`ready` means that every component is; `port` is the loopback port that reaches the node.

    `versions` are those of the programs that it was started with last, None where that is not known.
    """

    name: str
    running: bool
    ready: bool
    port: int | None = None
    pid: int | None = None
    started_at: float | None = None
    api_url: str | None = None
    versions: Versions | None = None
    components: Mapping[str, ComponentStatus] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """`stopped`, `starting`, `failing` or `ready`."""
        if not self.running:
            return "stopped"
        if any(component.state == "failing" for component in self.components.values()):
            return "failing"
        return "ready" if self.ready else "starting"

    def to_dict(self) -> NodeData:
        started = datetime.fromtimestamp(self.started_at, UTC) if self.started_at else None
        return {
            "name": self.name,
            "state": self.state,
            "running": self.running,
            "ready": self.ready,
            "port": self.port,
            "apiUrl": self.api_url,
            "pid": self.pid,
            "startedAt": started.isoformat(timespec="seconds") if started else None,
            "versions": self.versions.to_dict() if self.versions else {},
            "components": {
                name: {"state": component.state, "restarts": component.restarts}
                for name, component in self.components.items()
            },
        }


def wanted_port(config: NodeConfig) -> int | None:
    """The port that the node was started for, though another one may have been free; None before its first start."""
    try:
        return int((config.state_dir / "port").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def node_status(config: NodeConfig) -> NodeStatus:
    """Reads the run folder, which everyone may; no effect on the node.

    Raises NodeError `node.not-yours` where the folders are closed to us.
    """
    if config.run_dir.exists() and not os.access(config.run_dir, os.R_OK | os.X_OK):
        raise not_yours(config)
    running = record.read_record(config.run_dir)
    versions = read_versions(config.programs_dir)
    if running is None or not running.keeper.alive:
        # One that has just begun has nothing but the lock.
        keeper = lock.keeper(config.state_dir)
        pid = keeper.pid if keeper is not None and keeper.alive else None
        return NodeStatus(config.name, running=pid is not None, ready=False, pid=pid, versions=versions)
    components = {
        name: ComponentStatus(state["state"], state["restarts"])
        for name, state in record.read_states(config.run_dir).items()
    }
    return NodeStatus(
        config.name,
        running=True,
        ready=bool(components) and all(entry.state in ("ready", "done") for entry in components.values()),
        port=running.port,
        pid=running.keeper.pid,
        started_at=running.started_at,
        api_url=config.api_url,
        versions=versions,
        components=components,
    )
