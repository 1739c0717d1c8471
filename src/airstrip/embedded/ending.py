"""Ending a node: its keeper, however far that got, and what it made on the host."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from airstrip.embedded import deletion, systemd
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.host import find_program, not_root
from airstrip.embedded.status import node_status
from airstrip.embedded.supervisor import lock, record, remains
from airstrip.errors import NodeError
from airstrip.events import Emit, step

STOP_TIMEOUT = 10.0
_KILL_TIMEOUT = 5.0
_LOCK_WAIT = 1.0
_TRIES = 3


@contextmanager
def stopped(config: NodeConfig, emit: Emit) -> Iterator[list[str]]:
    """The step that ends a node, for work on the state that no node may run beside; as `ended`.

    Raises NodeError, also when we are not root.
    """
    if os.geteuid() != 0:
        raise not_root("stop a node")
    with ExitStack() as stack:
        with step(emit, "node.stop", f"Stop the node {config.name}") as progress:
            if not node_status(config).running:
                progress.note = "not running"
            left = stack.enter_context(ended(config))
        yield left


@contextmanager
def ended(config: NodeConfig) -> Iterator[list[str]]:
    """Ends the node, then removes what it, or a power cut, left on the host; yields what is still in use.

    No other keeper begins before this does end. A deletion that was cut off is finished first.
    """
    held = _seize(config)
    try:
        if systemd.runs():
            systemd.remove_unit(config)
        left = remains.remove(_traces(config))
        deletion.finish(config)
        yield left
    finally:
        if held is not None:
            os.close(held)


def _seize(config: NodeConfig) -> int | None:
    """The lock, from whoever holds it; None where there is no state that could be locked."""
    for _ in range(_TRIES):
        _end_keepers(config)
        if not config.state_dir.is_dir():
            return None
        held = lock.take(config.state_dir, _LOCK_WAIT)
        if held is not None:
            return held
    keeper = lock.keeper(config.state_dir)
    raise NodeError(
        "node.not-stopped",
        f"the node {config.name} could not be stopped",
        cause=f"Its keeper, process {keeper.pid}, does not end." if keeper else "Another Airstrip stops or deletes it.",
        fix="Run the same command again in a minute; what waits for a disk ends when that answers, or at a reboot.",
    )


def _end_keepers(config: NodeConfig) -> None:
    running = record.read_record(config.run_dir)
    # That of an earlier version of Airstrip has signed no lock, one that has just begun wrote no record.
    for keeper in (lock.keeper(config.state_dir), running.keeper if running else None):
        if keeper is None:
            continue
        keeper.send(signal.SIGTERM)
        if not keeper.wait(STOP_TIMEOUT):
            keeper.send(signal.SIGKILL)
            keeper.wait(_KILL_TIMEOUT)
    if running is not None:
        # Pid 1 of a killed node ends when the last of its processes has.
        running.inner.wait(10)


def _traces(config: NodeConfig) -> remains.Traces:
    """From the configuration alone: the plan may be of another version, or cut off."""
    return remains.Traces(
        state_dir=str(config.state_dir),
        run_dir=str(config.run_dir),
        cgroup=config.cgroup,
        interface=config.identifier,
        ip=find_program("ip") or "ip",
        iptables=find_program("iptables") or "",
    )
