"""A start whose Airstrip is killed by -9: whatever it left is taken up by the next start, and goes with a stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from airstrip.embedded import NodeConfig
from airstrip.embedded.host import find_program
from airstrip.embedded.supervisor import lock, record
from airstrip.targets.local.node import LocalNode
from tests.landing import NAME, ROOT, Landing, eventually
from tests.node.host_traces import processes_of, traces

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node needs root")

# Seconds: from the launcher's first words to a node that is nearly Ready, on a machine that is slow or not.
_MOMENTS = (0.2, 0.6, 0.9, 1.2, 1.5, 1.8, 2.2, 2.6, 3.0)


@dataclass(frozen=True)
class Cut(Landing):
    """A deployment of its own, only whose node is used."""

    @property
    def config(self) -> NodeConfig:
        return LocalNode(f"{NAME}-cut").config()

    def begin(self, *view: str) -> subprocess.Popen[bytes]:
        """A start under way; `view` is a command that ends in `exec "$@"`, for a start that sees another host."""
        return subprocess.Popen(
            [*view, str(ROOT / "airstrip"), "node", "start", "--yes", "-f", str(self.file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def begin_and_kill(self, seconds: float) -> None:
        with self.begin() as started:
            time.sleep(seconds)
            started.send_signal(signal.SIGKILL)

    def left(self) -> list[str]:
        """What there is of this node on the host, beside its state."""
        config = self.config
        found = traces(config)
        marks = (config.identifier, str(config.state_dir), str(config.run_dir))
        lines = [*found.mounts, *found.links, *found.routes, *found.rules.splitlines()]
        return [
            *found.processes,
            *found.cgroups,
            *found.sockets,
            *(line for line in lines if any(mark in line for mark in marks)),
        ]


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    cut = Cut(tmp_path_factory.mktemp("cut"))
    cut.file.write_text(f"apiVersion: airstrip/v1\nname: {NAME}-cut\ntarget: {{local: {{port: 19080}}}}\n")
    assert not cut.left()
    try:
        yield cut
    finally:
        cut.ok("node", "prune", "--everything", "--yes")


def test_start_that_is_killed_again_and_again_is_taken_up(cut: Cut) -> None:
    for seconds in _MOMENTS:
        cut.begin_and_kill(seconds)
    assert cut.data("node", "start", "--yes")["ready"]
    keepers = [line for line in processes_of(cut.config) if " keeper " in line]
    assert len(keepers) == 1
    cut.ok("node", "stop")
    assert not cut.left()


@pytest.mark.parametrize("seconds", _MOMENTS[2::3])
def test_stop_after_a_start_that_was_killed_leaves_nothing(cut: Cut, seconds: float) -> None:
    cut.begin_and_kill(seconds)
    cut.ok("node", "stop")
    assert not cut.left()


def test_keeper_that_makes_the_link_when_its_start_is_killed_is_known(cut: Cut, tmp_path: Path) -> None:
    """Nothing but its lock tells of it: the record is written later."""
    ip = find_program("ip")
    assert ip
    slow, quick = tmp_path / "slow", tmp_path / "ip"
    shutil.copy(ip, quick)
    slow.write_text(f'#!/bin/sh\n[ "$1" != -batch ] || sleep 3\nexec {quick} "$@"\n')
    slow.chmod(0o755)
    # In a mount namespace of its own: PATH does not decide which `ip` it is.
    covered = f'mount --bind {slow} {os.path.realpath(ip)} && exec "$@"'
    with cut.begin("unshare", "--mount", "sh", "-c", covered, "start") as started:
        eventually(lambda: lock.keeper(cut.config.state_dir) is not None, seconds=20, what="the keeper has begun")
        started.send_signal(signal.SIGKILL)
    keeper = lock.keeper(cut.config.state_dir)
    assert keeper is not None
    assert keeper.alive
    assert record.read_record(cut.config.run_dir) is None
    status = cut.airstrip("node", "status", "--json")
    assert (status.returncode, json.loads(status.stdout)["data"]["state"]) == (3, "starting")
    cut.ok("node", "stop")
    assert not keeper.alive
    assert not cut.left()
