"""The keeper's lock: who starts second stays out, and a keeper that has written nothing else is found."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import ending, node, status
from airstrip.embedded.components import build_plan
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor import keeper, lock, record, remains
from airstrip.embedded.supervisor.identity import identify
from airstrip.embedded.supervisor.plan import dump_plan
from airstrip.errors import NodeError
from airstrip.events import Event, StepFinished, discard
from tests.unit.embedded.test_components import CONFIG, HOST

_HOLDER = """
import signal, sys, time
from pathlib import Path
from airstrip.embedded.supervisor import lock
signal.signal(signal.SIGTERM, getattr(signal, sys.argv[2]))
lock.sign(lock.take(Path(sys.argv[1]), 0))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeConfig:
    """Of a node whose traces on the host are not looked for."""
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run")
    for folder in (config.state_dir, config.run_dir):
        folder.mkdir()
    config.plan_path.write_text(dump_plan(build_plan(config, HOST, "v")))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(remains, "remove", lambda _: [])
    return config


@contextmanager
def holder(config: NodeConfig, on_term: str = "SIG_DFL") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock and has written nothing else: a keeper that has just begun."""
    argv = [sys.executable, "-c", _HOLDER, str(config.state_dir), on_term]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_lock_is_one_process_s_until_it_ends(tmp_path: Path) -> None:
    first = lock.take(tmp_path, 0)
    assert first is not None
    lock.sign(first)
    assert lock.keeper(tmp_path) == identify(os.getpid())
    assert lock.take(tmp_path, 0.1) is None
    os.close(first)
    second = lock.take(tmp_path, 0)
    assert second is not None
    assert lock.keeper(tmp_path) is None
    os.close(second)


def test_nobody_has_signed_what_is_not_there_or_nonsense(tmp_path: Path) -> None:
    assert lock.keeper(tmp_path / "absent") is None
    for text in ("", "{", "[]", '{"pid": 1}'):
        (tmp_path / lock.FILE).write_text(text)
        assert lock.keeper(tmp_path) is None


def test_lock_that_its_holder_has_deleted_is_nobody_s(tmp_path: Path) -> None:
    first = lock.take(tmp_path, 0)
    assert first is not None
    (tmp_path / lock.FILE).unlink()
    second = lock.take(tmp_path, 0)
    assert second is not None
    for descriptor in (first, second):
        os.close(descriptor)


def test_keeper_without_a_record_is_ended_and_kept_away(config: NodeConfig) -> None:
    with holder(config) as process:
        assert record.read_record(config.run_dir) is None
        with ending.ended(config):
            assert process.wait(5) is not None
            assert lock.take(config.state_dir, 0) is None
    descriptor = lock.take(config.state_dir, 0)
    assert descriptor is not None
    os.close(descriptor)


def test_keeper_that_does_not_listen_is_killed(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "STOP_TIMEOUT", 0.2)
    with holder(config, "SIG_IGN") as process, ending.ended(config):
        assert process.wait(5) == -9


def test_lock_that_nobody_gives_back_is_an_error(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_LOCK_WAIT", 0.05)
    other = lock.take(config.state_dir, 0)
    assert other is not None
    with pytest.raises(NodeError) as error, ending.ended(config):
        pass
    os.close(other)
    assert error.value.code == "node.not-stopped"


def test_stop_tells_a_keeper_without_a_record_from_none(config: NodeConfig) -> None:
    events: list[Event] = []
    with holder(config):
        node.stop_node(config, events.append)
    node.stop_node(config, events.append)
    assert [event.note for event in events if isinstance(event, StepFinished)] == ["", "not running"]


def test_what_is_left_is_told(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remains, "remove", lambda _: ["/sys/fs/cgroup/airstrip"])
    assert node.stop_node(config, discard) == ["/sys/fs/cgroup/airstrip"]


def test_data_goes_only_after_the_keeper(config: NodeConfig) -> None:
    (config.state_dir / "etcd").mkdir()
    with holder(config) as process:
        node.delete_cluster_data(config, discard)
        assert process.poll() is not None
    assert not (config.state_dir / "etcd").exists()


def test_status_knows_a_keeper_without_a_record(config: NodeConfig) -> None:
    with holder(config) as process:
        found = status.node_status(config)
        assert (found.running, found.ready, found.pid) == (True, False, process.pid)
    assert not status.node_status(config).running


def test_second_keeper_does_nothing(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_LOCK_WAIT", 0.1)
    monkeypatch.setattr(keeper.Keeper, "run", lambda _: pytest.fail("it must not begin"))
    with holder(config):
        assert keeper.main("archive", str(config.plan_path)) == 1
        assert status.node_status(config).running


def test_keeper_holds_the_lock_before_its_first_action(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def act(_: keeper.Keeper) -> int:
        seen.append((lock.keeper(config.state_dir), lock.take(config.state_dir, 0)))
        return 0

    monkeypatch.setattr(keeper.Keeper, "run", act)
    assert keeper.main("archive", str(config.plan_path)) == 0
    assert seen == [(identify(os.getpid()), None)]


def test_keeper_that_leaves_its_caller_holds_the_lock_when_the_caller_goes_on(config: NodeConfig) -> None:
    code = f"""
import sys, time
from pathlib import Path
from airstrip.embedded.supervisor import keeper
keeper.Keeper.run = lambda _: time.sleep(600)
sys.exit(keeper.main("archive", {str(config.plan_path)!r}, log=Path({str(config.state_dir / "keeper.log")!r})))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
    assert lock.take(config.state_dir, 0) is None
    end = time.monotonic() + 5
    while (found := lock.keeper(config.state_dir)) is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert os.getsid(found.pid) == found.pid
    with ending.ended(config):
        assert not found.alive
