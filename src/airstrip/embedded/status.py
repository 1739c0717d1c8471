"""What a node is doing now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from airstrip.embedded.config import NodeConfig
from airstrip.embedded.kubeconfigs import not_yours
from airstrip.embedded.supervisor import record


@dataclass(frozen=True)
class ComponentStatus:
    """`state` is waiting, starting, ready, done or failing; `restarts` counts since the start."""

    state: str
    restarts: int


@dataclass(frozen=True)
class NodeStatus:
    """`ready` means that every component is; `port` is the loopback port that reaches the node."""

    name: str
    running: bool
    ready: bool
    port: int | None = None
    pid: int | None = None
    started_at: float | None = None
    api_url: str | None = None
    components: Mapping[str, ComponentStatus] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def node_status(config: NodeConfig) -> NodeStatus:
    """Reads the run folder, which everyone may; no effect on the node.

    Raises NodeError `node.not-yours` where the folders are closed to us.
    """
    if config.run_dir.exists() and not os.access(config.run_dir, os.R_OK | os.X_OK):
        raise not_yours(config)
    running = record.read_record(config.run_dir)
    if running is None or not running.keeper.alive:
        return NodeStatus(config.name, running=False, ready=False)
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
        components=components,
    )
