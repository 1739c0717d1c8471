"""The deployment's node: its configuration from name, environment and state, and what is done with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from airstrip import embedded
from airstrip.embedded import NodeConfig, NodeStatus, host_packages
from airstrip.embedded.binaries import (
    Binaries,
    BuildCheck,
    build_binaries,
    check_build,
    find_binaries,
    missing_packages,
    prune_binaries,
)
from airstrip.errors import NodeError
from airstrip.events import Emit
from airstrip.findings import Finding
from airstrip.paths import cache_dir, run_dir, state_dir
from airstrip.targets.local.spec import DEFAULT_PORT
from airstrip.targets.target import Confirm


class LocalNode:
    """One node by its name. What changes it needs root."""

    def __init__(self, name: str, port: int | None = None) -> None:
        self.name = name
        self._port = port or DEFAULT_PORT

    def config(self, binaries: Path = Path()) -> NodeConfig:
        """`binaries` is needed only by what runs the node's programs."""
        return embedded.choose_config(
            self.name,
            state_dir(self.name),
            run_dir(self.name),
            binaries,
            port=self._port,
            owner_uid=_owner(),
        )

    def build(self, emit: Emit, confirm: Confirm) -> Binaries:
        """Finds the node's programs or builds them; what building and running them needs is installed before."""
        require_root("build the node's programs")
        found = find_binaries(cache_dir())
        host_packages.install(missing_packages(found), confirm, emit)
        return found or build_binaries(cache_dir(), emit=emit)

    def check(self) -> BuildCheck:
        """What building would need, without doing anything."""
        return check_build(cache_dir())

    def plan(self) -> tuple[str, ...]:
        """What `start` would do, in words; nothing for a node that runs as it should."""
        status = self.status()
        if status.running:
            return self._plan_restart(status)
        built = find_binaries(cache_dir()) is not None
        lacking = host_packages.missing("node", "image") if built else host_packages.missing("build", "node", "image")
        packages = ", ".join(package.name for package in lacking)
        return (
            *([f"install on this machine: {packages}"] if packages else []),
            *([] if built else ["build Kubernetes from pinned sources (five to six minutes on two cores)"]),
            f"start the node {self.name}",
        )

    def _plan_restart(self, status: NodeStatus) -> tuple[str, ...]:
        """A change of the port everyone sees; what else starts it anew, only root, who has its programs."""
        if embedded.wanted_port(self.config()) not in (None, self._port):
            return (f"start the node {self.name} anew, on port {self._port} instead of {status.port}; its pods too",)
        binaries = find_binaries(cache_dir()) if os.geteuid() == 0 else None
        reason = embedded.restart_reason(self.config(binaries.folder)) if binaries else ""
        return (f"start the node {self.name} anew: {reason}; its pods too",) if reason else ()

    def start(self, emit: Emit, confirm: Confirm) -> tuple[NodeConfig, NodeStatus]:
        """Builds what is missing, then starts the node; no effect on one that runs as it should."""
        config = self.config(self.build(emit, confirm).folder)
        return config, embedded.start_node(config, emit)

    def running_config(self) -> NodeConfig:
        """With the programs, for work on the image store of a running node."""
        binaries = find_binaries(cache_dir())
        if binaries is None:
            raise NodeError(
                "node.no-binaries",
                "the node's programs are not built",
                fix="As root, or with sudo: ./airstrip node build",
            )
        return self.config(binaries.folder)

    def stop(self, emit: Emit) -> list[Finding]:
        """Tells what could not be taken away."""
        return _leftovers(embedded.stop_node(self.config(), emit))

    def status(self) -> NodeStatus:
        return embedded.node_status(self.config())

    def kubeconfig(self) -> Path:
        """The file that whoever asks may read. Raises NodeError `node.not-yours` for anyone else."""
        return embedded.find_kubeconfig(self.config())

    def delete_data(self, emit: Emit) -> list[Finding]:
        """Stops it, and deletes the cluster and its volumes; the image store stays for the next landing."""
        return _leftovers(embedded.delete_cluster_data(self.config(), emit))

    def prune(self, emit: Emit, *, everything: bool) -> list[Finding]:
        """Drops builds of other versions, stops the node, empties its image store; with `everything`, its state too."""
        prune_binaries(cache_dir())
        return _leftovers(embedded.prune_node(self.config(), emit, everything=everything))


def _leftovers(left: Sequence[str]) -> list[Finding]:
    if not left:
        return []
    finding = Finding(
        "node.leftovers",
        "a part of the node is left on this machine",
        cause="A process of it does not end, as one does that waits for a disk; its groups are named below.",
        fix="See which one: cat GROUP/cgroup.procs. Once it has ended, run ./airstrip node stop again.",
        evidence="\n".join(left),
    )
    return [finding]


def _owner() -> int | None:
    """Whoever called sudo; the node is theirs too."""
    text = os.environ.get("SUDO_UID", "")
    return int(text) if text.isdigit() else None


def require_root(purpose: str) -> None:
    """Raises NodeError `node.not-root`; asked before anything is locked or written."""
    if os.geteuid() != 0:
        raise NodeError(
            "node.not-root",
            f"only root can {purpose}",
            cause="Namespaces, networks and mounts are made, which Linux leaves to root.",
            fix="Run the same command as root, or with sudo.",
        )
