"""The facade of `airstrip node`: the embedded node by itself, without Airflow."""

from __future__ import annotations

import contextlib
from pathlib import Path

from airstrip.answers import NodeBuildData, NodeCheckData, NodeData, NodeNameData, NodePruneData
from airstrip.errors import AirstripError
from airstrip.events import Emit, discard
from airstrip.file_lock import file_lock
from airstrip.paths import OWN_FOLDERS, lock_file
from airstrip.result import Result
from airstrip.spec import find_file, load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS
from airstrip.targets.local.node import LocalNode, require_root
from airstrip.targets.local.spec import LocalSpec
from airstrip.targets.target import Confirm, agree


class Node:
    """The node of one deployment. Each method raises AirstripError."""

    def __init__(self, name: str, port: int | None = None) -> None:
        self.name = name
        self._node = LocalNode(name, port)

    @classmethod
    def load(cls, file: Path | None = None) -> Node:
        """The node of the deployment that `Deployment.load` would read."""
        spec = load_spec(find_file(file), TARGET_SPECS, PLANNED_TARGETS)
        return cls(spec.name, spec.target.port if isinstance(spec.target, LocalSpec) else None)

    def build(self, emit: Emit = discard, confirm: Confirm = agree) -> Result[NodeBuildData]:
        """Builds the node's programs unless they are there."""
        return Result("node build", self._node.build(emit, confirm).to_dict())

    def check(self) -> Result[NodeCheckData]:
        """What a build would need. Exit code 3 when it could not be done."""
        check = self._node.check()
        return Result("node build", check.to_dict(), exit_code=0 if check.ok else 3)

    def check_rights(self) -> None:
        """Raises where whoever asks may not change the node."""
        require_root("change a node")

    def start(self, emit: Emit = discard, confirm: Confirm = agree) -> Result[NodeData]:
        """Builds what is missing, starts the node and waits until it is Ready."""
        self.check_rights()
        with file_lock(lock_file(self.name), self.name):
            _, status = self._node.start(emit, confirm)
        return Result("node start", status.to_dict())

    def stop(self, emit: Emit = discard) -> Result[NodeNameData]:
        """Stops the node; its data stays. Exit code 3 when something is left of it."""
        self.check_rights()
        with file_lock(lock_file(self.name), self.name):
            left = self._node.stop(emit)
        return Result("node stop", {"name": self.name}, left, exit_code=3 if left else 0)

    def status(self) -> Result[NodeData]:
        """Exit code 3 when the node is not running, or one of its components is not ready."""
        status = self._node.status()
        return Result("node status", status.to_dict(), exit_code=0 if status.ready else 3)

    def kubeconfig(self) -> Path:
        """The path of the kubeconfig that whoever asks may read."""
        return self._node.kubeconfig()

    def prune(
        self, emit: Emit = discard, confirm: Confirm = agree, *, everything: bool = False
    ) -> Result[NodePruneData]:
        """Stops the node and empties its image store; with `everything`, nothing is left of the deployment.

        Once `confirm` agrees.
        """
        self.check_rights()
        what = "image store and all of its data" if everything else "image store"
        if not confirm(f"Stop the node {self.name} and delete its {what}?"):
            raise AirstripError("node.refused", "nothing was deleted")
        with file_lock(lock_file(self.name), self.name):
            left = self._node.prune(emit, everything=everything)
            if everything:
                _forget(self.name)
        data: NodePruneData = {"name": self.name, "everything": everything}
        return Result("node prune", data, left, exit_code=3 if left else 0)


def _forget(name: str) -> None:
    """Removes the lock, which we hold, and the folders that are ours if no other deployment is in them."""
    lock_file(name).unlink(missing_ok=True)
    for folder in OWN_FOLDERS:
        with contextlib.suppress(OSError):
            folder.rmdir()
