"""Waiting for a started node, and saying which component holds it up."""

from __future__ import annotations

import time
from typing import Any

from airstrip import times
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.host import no_namespaces
from airstrip.embedded.supervisor import lock, record
from airstrip.embedded.supervisor.api import Api, ApiError
from airstrip.errors import NodeError
from airstrip.events import Progress

_TICK = 0.05
_HOPELESS_RESTARTS = 6
_LOG_LINES = 20
# Whose log tells why, where that is not the name of what did not come up.
_LOGS = {"first process": "keeper", "Ready": "kubelet"}


def wait_ready(config: NodeConfig, progress: Progress, timeout: float) -> None:
    """Until every component is ready and the node is Ready.

    Raises NodeError when the keeper gave up, a component keeps ending, or `timeout` seconds passed.
    """
    end = time.monotonic() + timeout
    waiting: list[str] = []
    while True:
        _check_keeper(config)
        left = _unsettled(config) or ([] if node_ready(config) else ["Ready"])
        if not left:
            return
        if left != waiting:
            waiting = left
            progress.say(f"waiting for {', '.join(left)}")
        if time.monotonic() > end:
            raise _not_up(config, left[0], f"it was not ready within {timeout:.0f} s")
        time.sleep(_TICK)


def node_ready(config: NodeConfig) -> bool:
    """Whether the node is Ready by its kubelet of now, not by what an earlier one left in etcd."""
    running = record.read_record(config.run_dir)
    if running is None:
        return False
    try:
        node = admin_api(config).request("GET", f"/api/v1/nodes/{config.name}")
    except (ApiError, OSError):
        return False
    conditions = {entry["type"]: entry for entry in node["status"].get("conditions", ())}
    ready = conditions.get("Ready")
    if ready is None or ready["status"] != "True":
        return False
    # Heartbeats are in whole seconds.
    return times.moment(ready["lastHeartbeatTime"]).timestamp() >= int(running.started_at)


def admin_api(config: NodeConfig) -> Api:
    """Root's way to the API server."""
    folder = config.certificates_dir
    return Api(config.api_url, str(folder / "ca.crt"), str(folder / "admin.crt"), str(folder / "admin.key"))


def keeps_failing(config: NodeConfig) -> bool:
    """Whether a component ended so often that its node should rather start anew."""
    return any(_hopeless(state) for state in record.read_states(config.run_dir).values())


def _hopeless(state: dict[str, Any]) -> bool:
    return bool(state["state"] == "failing" and state["restarts"] >= _HOPELESS_RESTARTS)


def log_tail(config: NodeConfig, component: str, lines: int = _LOG_LINES) -> str:
    """The last lines of a component's log; empty where there is none."""
    path = config.logs_dir / f"{component}.log"
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _unsettled(config: NodeConfig) -> list[str]:
    states = record.read_states(config.run_dir)
    if not states:
        return ["first process"]
    for name, state in states.items():
        if _hopeless(state):
            raise _not_up(config, name, f"it ended {state['restarts']} times, last with {state['exit']}")
    left = [name for name, state in states.items() if state["state"] not in ("ready", "done", "waiting")]
    return left or [name for name, state in states.items() if state["state"] == "waiting"]


def _check_keeper(config: NodeConfig) -> None:
    keeper = lock.keeper(config.state_dir)
    has_ended = keeper is not None and not keeper.alive
    # Looked at second: it tells of its failure before it ends.
    failure = record.read_failure(config.run_dir)
    if failure is not None:
        raise _keeper_failed(config, failure)
    if has_ended:
        raise _not_up(config, "keeper", "it ended")


def _keeper_failed(config: NodeConfig, failure: record.Failure) -> NodeError:
    if failure.code == "node.no-namespaces":
        return no_namespaces(failure.message)
    if failure.code == "node.port-taken":
        return NodeError(
            failure.code,
            f"no loopback port from {config.port} on is free",
            cause=failure.message,
            fix="Name a free one in the file: `target: {local: {port: 9080}}`.",
        )
    return NodeError(
        failure.code,
        "the host could not be prepared for the node",
        cause=failure.message,
        fix="Mend what the lines below say, then run the same command again.",
        details=log_tail(config, "keeper"),
    )


def _not_up(config: NodeConfig, component: str, cause: str) -> NodeError:
    shown = _LOGS.get(component, component)
    return NodeError(
        "node.component-failed",
        f"{component} of the node {config.name} did not come up",
        cause=f"{cause[:1].upper()}{cause[1:]}; its last log lines are below.",
        fix=f"Read {config.logs_dir / f'{shown}.log'}, then run the same command again.",
        details=log_tail(config, shown),
    )
