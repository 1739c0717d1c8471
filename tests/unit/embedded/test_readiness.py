"""What a start that fails shows: the log of what held it up, and at once."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from airstrip.embedded import readiness
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor import lock, record
from airstrip.embedded.supervisor.identity import identify
from airstrip.errors import NodeError
from airstrip.events import Progress, discard
from tests.unit.embedded.test_components import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run")
    for folder in (config.state_dir, config.run_dir, config.logs_dir):
        folder.mkdir()
    for name in ("keeper", "kubelet", "etcd"):
        (config.logs_dir / f"{name}.log").write_text(f"words of {name}\n")
    return config


def wait(config: NodeConfig, timeout: float) -> NodeError:
    with pytest.raises(NodeError) as error:
        readiness.wait_ready(config, Progress(discard, "node.start"), timeout)
    return error.value


def state(name: str) -> dict[str, object]:
    return {"state": name, "pid": 3, "restarts": 0, "exit": None}


def test_first_process_is_told_of_in_the_keepers_log(config: NodeConfig) -> None:
    error = wait(config, 0.05)
    assert error.code == "node.component-failed"
    assert "first process" in error.message
    assert error.details == "words of keeper"
    assert "keeper.log" in error.fix


def test_component_is_told_of_in_its_own_log(config: NodeConfig) -> None:
    record.write_states(config.run_dir, {"etcd": state("starting")})
    assert wait(config, 0.05).details == "words of etcd"


def test_node_that_is_not_ready_is_told_of_in_the_kubelets_log(config: NodeConfig) -> None:
    record.write_states(config.run_dir, {"etcd": state("ready")})
    assert wait(config, 0.05).details == "words of kubelet"


def test_keeper_that_ended_before_it_wrote_anything_ends_the_wait(
    config: NodeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: pytest.fail("it waits"))
    monkeypatch.setattr(readiness, "time", clock)
    me = identify(os.getpid())
    (config.state_dir / lock.FILE).write_text(str(asdict(replace(me, started=me.started - 1))).replace("'", '"'))
    error = wait(config, 30)
    assert "keeper" in error.message
    assert error.details == "words of keeper"
    record.write_failure(config.run_dir, record.Failure("node.no-cgroups", "no room"))
    assert wait(config, 30).code == "node.no-cgroups"


def test_keeper_that_has_yet_to_sign_is_waited_for(config: NodeConfig) -> None:
    (config.state_dir / lock.FILE).touch()
    assert "first process" in wait(config, 0.05).message
