"""The node's process on the host: starts pid 1 of the node, links it to the host, waits.

Killed by -9 it takes the node with it: the kernel kills pid 1 (parent-death signal), and with it
every process, mount and interface of the namespaces.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import background, cgroups, dns_relay, forward, host_firewall, host_network, kernel, lock, record, remains
from .host_network import Masquerade, NetworkFailed
from .identity import Process, identify
from .plan import NodePlan, load_plan

_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWPID | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC
_MASQUERADE_CHECK = 5.0
_STEADY = 60.0
_LOCK_WAIT = 5.0


class _Refused(Exception):
    """The node cannot run on this host; `code` is what the caller's error will have."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Keeper:
    """One node from its start to its end."""

    def __init__(self, plan: NodePlan, archive: str, plan_path: str, *, join_cgroup: bool) -> None:
        self._plan = plan
        self._join_cgroup = join_cgroup
        self._archive = archive
        self._plan_path = plan_path
        self._run_dir = Path(plan.run_dir)
        self._state_dir = Path(plan.state_dir)
        self._masquerade = Masquerade(plan.network)
        self._stopping = False
        self._inner: Process | None = None

    def run(self) -> int:
        """Holds the node until it is told to stop; starts it again when its pid 1 dies."""
        remains.remove(remains.traces_of(self._plan))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        held = remains.hold_mount_points()
        try:
            self._hold()
        except _Refused as error:
            record.clear(self._run_dir)
            self._clean(held)
            record.write_failure(self._run_dir, record.Failure(error.code, str(error)))
            return 1
        self._clean(held)
        return 0

    def _stop(self) -> None:
        self._stopping = True
        if self._inner is not None:
            self._inner.send(signal.SIGTERM)

    def _hold(self) -> None:
        try:
            cgroups.create(self._plan.cgroup, join=self._join_cgroup)
        except OSError as error:
            raise _Refused("node.no-cgroups", str(error)) from error
        wait = 1.0
        while not self._stopping:
            began = time.monotonic()
            self._live()
            wait = 1.0 if time.monotonic() - began > _STEADY else min(wait * 2, 30.0)
            if not self._stopping:
                print(f"keeper: the node's first process died; it starts again in {wait:.0f} s", flush=True)
                self._pause(wait)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < end:
            time.sleep(0.2)

    def _live(self) -> None:
        """One life of the node: from clone to the end of its pid 1."""
        cgroups.remove_pods(self._plan.cgroup)
        with self._released_inner() as release, self._listener() as listener:
            assert self._inner is not None
            if self._stopping:
                return
            keeper = identify(os.getpid())
            port = listener.getsockname()[1]
            self._remember_port(port)
            record.write_record(self._run_dir, record.Record(keeper, self._inner, self._plan.digest, port, time.time()))
            os.write(release, b"1")
            asyncio.run(self._serve(listener, self._inner.pid))

    @contextmanager
    def _released_inner(self) -> Iterator[int]:
        """Pid 1, linked to the host and waiting for the byte that lets it go on."""
        read_end, write_end = os.pipe()
        os.set_inheritable(read_end, True)
        argv = [sys.executable, "-I", "-S", self._archive, "inner", self._plan_path, str(read_end)]
        try:
            pid = kernel.clone_and_execute(_NAMESPACES, argv)
        except OSError as error:
            code = "node.no-namespaces" if error.errno == errno.EPERM else "node.not-started"
            raise _Refused(code, str(error)) from error
        os.close(read_end)
        self._inner = identify(pid)
        try:
            host_network.enable_forwarding(self._state_dir)
            host_network.attach(self._plan.network, pid)
            host_firewall.allow(self._plan.network.interface, self._plan.network.iptables)
            self._masquerade.ensure()
            yield write_end
        except (NetworkFailed, OSError) as error:
            raise _Refused("node.network-failed", str(error)) from error
        finally:
            os.close(write_end)
            self._inner.send(signal.SIGKILL)
            os.waitpid(pid, 0)
            self._inner = None
            record.clear_states(self._run_dir)
            self._masquerade.release()
            host_network.detach(self._plan.network.interface, self._plan.network.ip)
            host_firewall.forget(self._plan.network.interface, self._plan.network.iptables)

    @contextmanager
    def _listener(self) -> Iterator[socket.socket]:
        network = self._plan.network
        try:
            listener = forward.listen(network.wanted_port, self._remembered_port())
        except OSError as error:
            raise _Refused("node.port-taken", str(error)) from error
        with listener:
            yield listener

    def _remembered_port(self) -> int | None:
        """The port of the last start, while the wanted one is the same."""
        try:
            wanted, port = (self._state_dir / "port").read_text().split()
            return int(port) if int(wanted) == self._plan.network.wanted_port else None
        except (OSError, ValueError):
            return None

    def _remember_port(self, port: int) -> None:
        (self._state_dir / "port").write_text(f"{self._plan.network.wanted_port} {port}\n")

    async def _serve(self, listener: socket.socket, inner_pid: int) -> None:
        network = self._plan.network
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        handle = os.pidfd_open(inner_pid)
        loop.add_reader(handle, ended.set)
        server = await forward.serve(listener, network.link_node, network.node_port)
        transport, tcp = await dns_relay.serve(
            network.link_host, network.dns_port, dns_relay.Resolvers(network.resolvers)
        )
        while not ended.is_set():
            try:
                self._masquerade.ensure()
            except (NetworkFailed, OSError) as error:
                print(f"keeper: pods do not reach the outside: {error}", flush=True)
            if self._stopping:
                # It may have been told before it could listen.
                self._stop()
            try:
                await asyncio.wait_for(ended.wait(), _MASQUERADE_CHECK)
            except TimeoutError:
                continue
        loop.remove_reader(handle)
        os.close(handle)
        transport.close()
        for each in (server, tcp):
            each.close()

    def _clean(self, held: list[int]) -> None:
        for descriptor in held:
            os.close(descriptor)
        if self._join_cgroup:
            cgroups.leave()
        left = remains.remove(remains.traces_of(self._plan))
        if left:
            print(f"keeper: still in use: {', '.join(left)}", flush=True)


def main(archive: str, plan_path: str, log: Path | None = None) -> int:
    """Keeps the node of this plan, unless another keeper does.

    With `log` it leaves its caller for the background, all output going there, and the caller's
    cgroup, which may end with its session; systemd has seen to all of that.
    """
    plan = load_plan(Path(plan_path))
    held = lock.take(Path(plan.state_dir), _LOCK_WAIT)
    if held is None:
        print(f"keeper: another one holds {Path(plan.state_dir, lock.FILE)}", file=sys.stderr)
        return 1
    if log is not None:
        background.enter(log)
    lock.sign(held)
    return Keeper(plan, archive, plan_path, join_cgroup=log is not None).run()
