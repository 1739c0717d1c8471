"""Pid 1 of the node: starts the components in the order of their needs, keeps and ends them."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

from . import containers, kernel, logs, mounts, node_network, probes, processes, record
from .plan import Component, NodePlan, load_plan
from .processes import Running

_STARTING_TICK = 0.05
_IDLE_TICK = 30.0
_CONTAINERS_TIMEOUT = 4.0
_OPEN_FILES = 65536


class Supervisor:
    """The components of one node and the loop that looks after them."""

    def __init__(self, plan: NodePlan) -> None:
        self._plan = plan
        self._log_dir = Path(plan.state_dir) / "logs"
        self._running = processes.prepare(plan.components, self._log_dir)
        self._stopping = False
        self._written: dict[str, object] = {}
        self._wakeup, wakeup_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wakeup_writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)

    def _on_stop(self, *_: object) -> None:
        self._stopping = True

    def run(self) -> None:
        """Returns after an orderly stop."""
        while not self._stopping:
            self._reap()
            self._start_what_can()
            self._probe()
            self._publish()
            self._sleep(self._pause())
            logs.trim(self._log_dir)
        for group in processes.stop_order(self._plan.components):
            self._stop_group(group)
        self._publish()

    def _sleep(self, seconds: float) -> None:
        """Until a signal comes, at most `seconds`."""
        readable, _, _ = select.select([self._wakeup], [], [], seconds)
        if readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)

    def _pause(self) -> float:
        if all(running.settled for running in self._running.values()):
            return _IDLE_TICK
        return _STARTING_TICK

    def _reap(self) -> None:
        """Collects every process that ended: components, and orphans that fell to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for running in self._running.values():
                if running.pid == pid:
                    running.ended(os.waitstatus_to_exitcode(status), expected=self._stopping)

    def _start_what_can(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            waits = running.state == "waiting" or (running.state == "failing" and now >= running.not_before)
            if waits and all(self._running[name].settled for name in running.component.needs):
                running.start()

    def _probe(self) -> None:
        for running in self._running.values():
            if running.state != "starting" or running.component.once:
                continue
            probe = running.component.probe
            if probe is None or probes.ready(probe):
                running.became_ready()

    def _publish(self) -> None:
        states: dict[str, object] = {name: running.to_dict() for name, running in self._running.items()}
        if states != self._written:
            record.write_states(Path(self._plan.run_dir), states)
            self._written = states

    def _stop_group(self, group: list[Component]) -> None:
        if any(component.stops_containers for component in group):
            self._stop_containers()
        members = [self._running[component.name] for component in group]
        for running in members:
            running.send(signal.SIGTERM)
        end = time.monotonic() + max(component.stop_timeout for component in group)
        self._wait_for_end(members, end)
        for running in members:
            running.send(signal.SIGKILL)
        self._wait_for_end(members, time.monotonic() + 1.0)

    def _wait_for_end(self, members: list[Running], end: float) -> None:
        while any(running.pid is not None for running in members) and time.monotonic() < end:
            self._sleep(0.1)
            self._reap()

    def _stop_containers(self) -> None:
        """Asks every container to end; kills those that have not after some seconds."""
        end = time.monotonic() + _CONTAINERS_TIMEOUT
        count = containers.signal_all(signal.SIGTERM)
        while count and time.monotonic() < end:
            self._sleep(0.1)
            self._reap()
            count = len(containers.first_processes())
        if count:
            containers.signal_all(signal.SIGKILL)


def _raise_file_limit() -> None:
    """For the containers, which inherit it: a shell's 1024 open files are few for a server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(plan_path: str, gate: int) -> int:
    """`gate` is a pipe that yields a byte when the host has made the link, or ends."""
    kernel.die_with_parent()
    # Until the supervisor has handlers of its own: what pid 1 does not handle does not reach it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    if os.read(gate, 1) != b"1":
        return 1
    os.close(gate)
    plan = load_plan(Path(plan_path))
    _raise_file_limit()
    mounts.prepare(plan)
    node_network.configure(plan.network)
    Supervisor(plan).run()
    return 0
