"""Starting and stopping a node."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from airstrip.embedded import deletion, readiness, systemd
from airstrip.embedded.archive import build_archive, digest, replace_file
from airstrip.embedded.certificates import certificates_due, ensure_certificates
from airstrip.embedded.choice import keep_choice
from airstrip.embedded.components import build_plan
from airstrip.embedded.config import NodeConfig, check_paths, python_executable
from airstrip.embedded.ending import ended, stopped
from airstrip.embedded.host import HostFacts, detect_host
from airstrip.embedded.kubeconfigs import ensure_kubeconfigs
from airstrip.embedded.objects import build_objects
from airstrip.embedded.pause import ensure_pause_archive
from airstrip.embedded.programs import ensure_programs, fingerprint
from airstrip.embedded.room import require_room_to_start
from airstrip.embedded.settings import build_settings
from airstrip.embedded.status import NodeStatus, node_status
from airstrip.embedded.subnets import host_networks, overlapping
from airstrip.embedded.supervisor import record
from airstrip.embedded.supervisor.plan import NodePlan, dump_plan, read_plan
from airstrip.errors import NodeError
from airstrip.events import Emit, Progress, Warned, step
from airstrip.process import Command, run

START_TIMEOUT = 90.0


def start_node(config: NodeConfig, emit: Emit) -> NodeStatus:
    """Starts the node and waits until it is Ready; no effect when it runs with the same plan.

    A node that runs with another plan, or with a component that keeps ending, is stopped first;
    what a power cut left is mended. Raises NodeError (with the last log lines of the component
    that did not come up).
    """
    host = detect_host()
    check_paths(config)
    with step(emit, "node.start", f"Start the node {config.name}") as progress:
        plan, files = _prepare(config, _settled(config, host))
        if _runs(config) and not _restart_reason(config, plan):
            ensure_kubeconfigs(config)
            readiness.wait_ready(config, progress, START_TIMEOUT)
            progress.note = "already running"
            return node_status(config)
        require_room_to_start(config)
        config.state_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        with ended(config):
            _check_subnets(config, host)
            _write(config, plan, files)
        _launch(config)
        readiness.wait_ready(config, progress, START_TIMEOUT)
        status = node_status(config)
        if status.port != config.port:
            emit(_other_port(config, status))
        return status


def restart_reason(config: NodeConfig) -> str:
    """Why `start_node` would start the running node anew; empty where it would not. Only root can tell."""
    plan, _ = _prepare(config, _settled(config, detect_host()))
    return _restart_reason(config, plan)


def _runs(config: NodeConfig) -> bool:
    running = record.read_record(config.run_dir)
    return running is not None and running.keeper.alive


def _restart_reason(config: NodeConfig, plan: NodePlan) -> str:
    running = record.read_record(config.run_dir)
    if running is not None and running.digest != plan.digest:
        return "its programs or settings are others now"
    if certificates_due(config):
        return "its certificates end soon"
    return "a component of it keeps ending" if readiness.keeps_failing(config) else ""


def stop_node(config: NodeConfig, emit: Emit) -> list[str]:
    """Ends the node and everything of it on the host but its state; no effect when it is stopped.

    An orderly stop takes at most ten seconds; what has not ended then is killed. Returns what is
    still in use all the same.
    """
    with stopped(config, emit) as left:
        return left


def delete_node_data(config: NodeConfig, emit: Emit) -> list[str]:
    """Stops the node and removes its whole state: cluster, volumes, images and certificates."""
    with stopped(config, emit) as left, _deleting(config, emit):
        deletion.delete_all(config)
    return left


def delete_cluster_data(config: NodeConfig, emit: Emit) -> list[str]:
    """Stops the node and removes the cluster with its volumes; the image store stays."""
    with stopped(config, emit) as left, _deleting(config, emit):
        deletion.delete(config, deletion.CLUSTER)
    return left


def _deleting(config: NodeConfig, emit: Emit) -> AbstractContextManager[Progress]:
    return step(emit, "node.delete", f"Delete the data of the node {config.name}")


def _settled(config: NodeConfig, host: HostFacts) -> HostFacts:
    """With the MTU of the running node: a laptop that changes its network needs no restart."""
    running = record.read_record(config.run_dir)
    plan = read_plan(config.plan_path)
    if running is None or not running.keeper.alive or plan is None:
        return host
    return replace(host, mtu=plan.network.mtu)


def _prepare(config: NodeConfig, host: HostFacts) -> tuple[NodePlan, dict[str, str]]:
    """The plan and the settings' files, before anything is written."""
    files = build_settings(config, host)
    files["objects.json"] = json.dumps(build_objects(config), indent=1)
    programs = fingerprint(config.binaries_dir)
    version = digest(build_archive(), json.dumps(files, sort_keys=True).encode(), programs.encode())
    return build_plan(config, host, version), files


def _write(config: NodeConfig, plan: NodePlan, files: dict[str, str]) -> None:
    for folder in (config.state_dir, config.run_dir):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.chmod(0o755)
    for name in ("etcd", "containerd", "kubelet", "volumes", "pod-logs", "logs", "settings"):
        folder = config.state_dir / name
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    keep_choice(config)
    ensure_certificates(config)
    ensure_kubeconfigs(config)
    ensure_programs(config)
    ensure_pause_archive(Path(config.program("pause")), config.state_dir / "pause.tar")
    for name, text in files.items():
        path = config.settings_dir / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
    replace_file(config.archive_path, build_archive())
    replace_file(config.plan_path, dump_plan(plan).encode())


def _check_subnets(config: NodeConfig, host: HostFacts) -> None:
    clashing = overlapping(config.subnets, host_networks(host.ip, config.identifier))
    if clashing:
        raise NodeError(
            "node.subnets-taken",
            f"the node's networks run into {', '.join(str(network) for network in clashing)}",
            cause="The host has got a route to that network since the node was made (a VPN, or Docker).",
            fix="Remove that route, or make the node anew: `airstrip down --data`, then `airstrip up`.",
        )


def _launch(config: NodeConfig) -> None:
    """Starts the keeper, which leaves this process's session and terminal at once."""
    log = config.logs_dir / "keeper.log"
    if systemd.runs():
        systemd.start_unit(config)
        return
    archive, plan = str(config.archive_path), str(config.plan_path)
    run(Command([python_executable(), "-I", "-S", archive, "keeper", str(log), plan]), timeout=20)


def _other_port(config: NodeConfig, status: NodeStatus) -> Warned:
    return Warned(
        "node.port-taken",
        f"port {config.port} is taken; the node is reached through {status.port}.",
        f"To have another one: `target: {{local: {{port: {status.port}}}}}` in the file.",
    )
