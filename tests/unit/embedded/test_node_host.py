"""What is asked of the host, what is left on it, and who may use the node."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import host, kubeconfigs, readiness, status, systemd
from airstrip.embedded.components import build_plan
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor import record, remains
from airstrip.embedded.supervisor.identity import identify
from airstrip.errors import NodeError
from airstrip.events import Progress, discard
from tests.unit.embedded.test_components import CONFIG, HOST


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run")
    for folder in (config.state_dir, config.run_dir, config.logs_dir, config.certificates_dir):
        folder.mkdir()
    return config


def running(config: NodeConfig) -> None:
    me = identify(os.getpid())
    record.write_record(config.run_dir, record.Record(me, me, "digest", 8081, time.time()))


def test_capabilities_are_read_from_the_mask() -> None:
    assert host.effective_capabilities("Name:\tx\nCapEff:\t0000000000201000\n") == {12, 21}


def test_a_user_is_told_to_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NodeError) as error:
        host.detect_host()
    assert error.value.code == "node.not-root"
    assert "as root, or with sudo" in error.value.fix


def test_a_program_is_the_same_one_whoever_s_path_this_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Debian has `ip` in /usr/bin and /usr/sbin; under sudo's PATH the node was started anew for the other one."""
    for folder in ("sbin", "bin", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ip").touch(0o755)
    monkeypatch.setattr(host, "_SBIN", f"{tmp_path}/sbin:{tmp_path}/bin")
    for path in ("bin:sbin", "sbin:bin", "own", ""):
        monkeypatch.setenv("PATH", ":".join(str(tmp_path / folder) for folder in path.split(":")))
        assert host.find_program("ip") == f"{tmp_path}/sbin/ip"
    for folder in ("sbin", "bin"):
        (tmp_path / folder / "ip").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "own"))
    assert host.find_program("ip") == f"{tmp_path}/own/ip"


def test_missing_tool_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(NodeError) as error:
        host._tool("nft", "nftables")
    assert error.value.code == "node.host-tools-missing"
    assert "nftables" in error.value.fix


def test_unit_quotes_what_systemd_would_expand() -> None:
    text = systemd.unit_text(replace(CONFIG, state_dir=Path("/var/100% $HOME/demo")))
    assert '"/var/100%% $$HOME/demo/supervisor.pyz" "unit" "/var/100%% $$HOME/demo/plan.json"' in text
    assert "Delegate=yes" in text
    assert systemd.unit_name(CONFIG).endswith(".service")


def test_kubeconfigs_are_for_root_and_the_owner_only(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {}
    monkeypatch.setattr(os, "chown", lambda path, uid, _: owners.update({Path(path).name: uid}))
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (config.certificates_dir / name).write_text(name)
    path = kubeconfigs.ensure_kubeconfigs(replace(config, owner_uid=1000))
    assert json.loads(path.read_text())["clusters"][0]["cluster"]["server"] == "https://10.77.255.254:6443"
    for name in ("kubeconfig", "kubeconfig.1000"):
        assert (config.state_dir / name).stat().st_mode & 0o777 == 0o600
    assert owners == {".kubeconfig.new": 0, ".kubeconfig.1000.new": 1000}


def test_kubeconfig_of_no_node_and_of_another_user(config: NodeConfig) -> None:
    with pytest.raises(NodeError) as error:
        kubeconfigs.find_kubeconfig(config)
    assert error.value.code == "node.absent"
    config.plan_path.write_text("{}")
    with pytest.raises(NodeError) as error:
        kubeconfigs.find_kubeconfig(config)
    assert error.value.code == "node.not-yours"


def test_status_of_a_stopped_node_and_of_one_whose_keeper_is_gone(config: NodeConfig) -> None:
    assert not status.node_status(config).running
    me = identify(os.getpid())
    gone = replace(me, started=me.started - 1)
    record.write_record(config.run_dir, record.Record(gone, gone, "digest", 8080, 1.0))
    assert not status.node_status(config).running


def test_status_of_a_running_node(config: NodeConfig) -> None:
    running(config)
    record.write_states(config.run_dir, {"etcd": {"state": "ready", "pid": 3, "restarts": 2, "exit": None}})
    found = status.node_status(config)
    assert (found.running, found.ready, found.port) == (True, True, 8081)
    assert found.components["etcd"].restarts == 2
    record.write_states(config.run_dir, {"etcd": {"state": "failing", "pid": None, "restarts": 3, "exit": 1}})
    assert not status.node_status(config).ready


def test_component_that_keeps_ending_is_shown_with_its_log(config: NodeConfig) -> None:
    running(config)
    record.write_states(config.run_dir, {"etcd": {"state": "failing", "pid": None, "restarts": 6, "exit": 1}})
    (config.logs_dir / "etcd.log").write_text("no space left on device\n")
    with pytest.raises(NodeError) as error:
        readiness.wait_ready(config, Progress(discard, "node.start"), 5)
    assert readiness.keeps_failing(config)
    assert error.value.code == "node.component-failed"
    assert "etcd" in error.value.message
    assert "no space left" in error.value.details


def test_wait_ends_in_time_and_names_what_it_waited_for(config: NodeConfig) -> None:
    running(config)
    record.write_states(config.run_dir, {"kubelet": {"state": "starting", "pid": 3, "restarts": 0, "exit": None}})
    with pytest.raises(NodeError, match="kubelet"):
        readiness.wait_ready(config, Progress(discard, "node.start"), 0.1)


@pytest.mark.parametrize("code", ["node.no-namespaces", "node.port-taken", "node.network-failed"])
def test_what_the_keeper_could_not_do_is_told(config: NodeConfig, code: str) -> None:
    record.write_failure(config.run_dir, record.Failure(code, "operation not permitted"))
    with pytest.raises(NodeError) as error:
        readiness.wait_ready(config, Progress(discard, "node.start"), 5)
    assert error.value.code == code
    assert "operation not permitted" in error.value.cause
    assert error.value.fix


def test_remains_go_and_the_state_stays(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remains, "MOUNT_POINTS", (config.state_dir / "mount-point",))
    running(config)
    (config.state_dir / "mount-point").mkdir()
    (config.state_dir / "kept").touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(config.run_dir / "etcd.sock"))
    assert remains.remove(remains.traces_of(build_plan(config, HOST, "v"))) == []
    assert list(config.run_dir.iterdir()) == []
    assert not (config.state_dir / "mount-point").exists()
    assert (config.state_dir / "kept").exists()


def test_mount_point_that_another_node_holds_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kubelet"
    monkeypatch.setattr(remains, "MOUNT_POINTS", (folder,))
    held = remains.hold_mount_points()
    remains._remove_mount_point(folder)
    assert folder.exists()
    for descriptor in held:
        os.close(descriptor)
    remains._remove_mount_point(folder)
    assert not folder.exists()
