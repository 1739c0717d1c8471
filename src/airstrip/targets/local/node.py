"""The deployment's node: its configuration from name, environment and state, and what is done with it."""

from __future__ import annotations

import os
from pathlib import Path

from airstrip import embedded
from airstrip.embedded import NodeConfig, NodeStatus, host_packages
from airstrip.embedded.binaries import Binaries, BuildCheck, build_binaries, check_build, find_binaries, prune_binaries
from airstrip.errors import NodeError
from airstrip.events import Emit
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
        _require_root("build the node's programs")
        found = find_binaries(cache_dir())
        lacking = host_packages.missing("node", "image") if found else host_packages.missing("build", "node", "image")
        host_packages.install(lacking, confirm, emit)
        return found or build_binaries(cache_dir(), emit=emit)

    def check(self) -> BuildCheck:
        """What building would need, without doing anything."""
        return check_build(cache_dir())

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

    def stop(self, emit: Emit) -> None:
        embedded.stop_node(self.config(), emit)

    def status(self) -> NodeStatus:
        return embedded.node_status(self.config())

    def kubeconfig(self) -> Path:
        """The file that whoever asks may read. Raises NodeError `node.not-yours` for anyone else."""
        return embedded.find_kubeconfig(self.config())

    def delete_data(self, emit: Emit) -> None:
        """The cluster and its volumes; the image store stays for the next landing."""
        embedded.delete_cluster_data(self.config(), emit)

    def prune(self, emit: Emit, *, everything: bool) -> None:
        """Empties the image store, and drops builds of other versions; with `everything`, the state too."""
        _require_root("prune the node")
        embedded.prune_node(self.config(), emit, everything=everything)
        prune_binaries(cache_dir())


def _owner() -> int | None:
    """Whoever called sudo; the node is theirs too."""
    text = os.environ.get("SUDO_UID", "")
    return int(text) if text.isdigit() else None


def _require_root(purpose: str) -> None:
    if os.geteuid() != 0:
        raise NodeError(
            "node.not-root",
            f"only root can {purpose}",
            cause="Namespaces, networks and mounts are made, which Linux leaves to root.",
            fix="Run the same command as root, or with sudo.",
        )
