"""The keeper through what may go wrong around it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded.components import build_plan
from airstrip.embedded.supervisor import cgroups, dns_relay, forward, host_network, keeper, logs, record
from airstrip.embedded.supervisor.identity import identify
from tests.unit.embedded.test_components import CONFIG, HOST


class FakeServer:
    def close(self) -> None:
        pass


@pytest.fixture
def node(tmp_path: Path) -> keeper.Keeper:
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run")
    for folder in (config.state_dir, config.run_dir):
        folder.mkdir()
    return keeper.Keeper(build_plan(config, HOST, "v"), "archive", "plan", join_cgroup=False)


@pytest.mark.parametrize("error", [OSError(2, "No such file or directory", "nft"), BrokenPipeError(), None])
def test_nft_that_cannot_start_does_not_end_the_node(
    node: keeper.Keeper,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError | None,
) -> None:
    async def serve(*_: object) -> FakeServer:
        return FakeServer()

    async def relay(*_: object) -> tuple[FakeServer, FakeServer]:
        return FakeServer(), FakeServer()

    def ensure(_: host_network.Masquerade) -> None:
        raise error or host_network.NetworkFailed("nft made no table")

    monkeypatch.setattr(forward, "serve", serve)
    monkeypatch.setattr(dns_relay, "serve", relay)
    monkeypatch.setattr(host_network.Masquerade, "ensure", ensure)
    monkeypatch.setattr(keeper, "_MASQUERADE_CHECK", 0.05)
    with subprocess.Popen(["sleep", "0.2"]) as inner, socket.socket() as listener:
        asyncio.run(node._serve(listener, inner.pid))
    assert capsys.readouterr().out.count("pods do not reach the outside") > 1


def test_keeper_that_is_stopped_while_it_makes_the_link_lets_nothing_begin(
    node: keeper.Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_end, write_end = os.pipe()

    @contextmanager
    def released() -> Iterator[int]:
        node._inner = identify(os.getpid())
        monkeypatch.setattr(type(node._inner), "send", lambda *_: None)
        node._stop()
        yield write_end

    monkeypatch.setattr(cgroups, "remove_pods", lambda _: [])
    monkeypatch.setattr(node, "_released_inner", released)
    monkeypatch.setattr(node, "_serve", lambda *_: pytest.fail("it must not serve"))
    node._live()
    os.close(write_end)
    assert os.read(read_end, 1) == b""
    os.close(read_end)
    assert record.read_record(node._run_dir) is None


def test_first_process_that_has_not_begun_listens() -> None:
    """As pid 1 it is sent nothing that it does not handle itself."""
    read_end, write_end = os.pipe()
    code = f"from airstrip.embedded.supervisor import inner; print('.', flush=True); inner.main('plan', {read_end})"
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=[read_end]) as process:
        assert process.stdout is not None
        process.stdout.read(2)
        time.sleep(0.2)
        process.terminate()
        assert process.wait(10) == 0
    os.close(read_end)
    os.close(write_end)


def test_its_log_is_cut_under_it(tmp_path: Path) -> None:
    """Without O_APPEND the next line would come after a hole as long as the log was."""
    log = tmp_path / "keeper.log"
    code = f"""
import os, time
from pathlib import Path
from airstrip.embedded.supervisor import background
log = Path({str(log)!r})
background.enter(log)
os.write(1, b"x" * 100)
end = time.monotonic() + 10
while log.stat().st_size and time.monotonic() < end:
    time.sleep(0.01)
os.write(2, b"new")
"""
    log.write_text("of the last start")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
    _wait_for(log, b"x" * 100)
    logs.trim(tmp_path, limit=50)
    _wait_for(log, b"new")


def _wait_for(log: Path, content: bytes) -> None:
    end = time.monotonic() + 10
    while (found := _read(log)) != content:
        assert time.monotonic() < end, found
        time.sleep(0.01)


def _read(log: Path) -> bytes:
    """The log of the last start is moved away before there is a new one: for a moment there is none."""
    try:
        return log.read_bytes()
    except FileNotFoundError:
        return b""
