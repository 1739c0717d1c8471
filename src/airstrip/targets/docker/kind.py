"""kind's commands. https://kind.sigs.k8s.io/docs/user/configuration/"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from airstrip.process import Command
from airstrip.targets.docker.folders import MADE_ROOT, ClientFolder, Mount, NodeFolders

_READY = "300s"


@dataclass(frozen=True)
class Kind:
    """A cluster of one node by its name. `live` is the folder of DAGs that the file names; `image` may be empty."""

    cluster: str
    client: ClientFolder
    live: Path | None = None
    image: str = ""

    program = "kind"
    purpose = "go install sigs.k8s.io/kind@v0.31.0, or https://kind.sigs.k8s.io/docs/user/quick-start/"
    makes_again = True
    """One whose creation was cut off is no cluster, and cannot become one."""
    refuses_root = False

    @property
    def container(self) -> str:
        return f"{self.cluster}-control-plane"

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """Ours is known by the first."""
        volumes = Mount(self.client.volumes, self.folders.volumes)
        return (volumes, Mount(self.live, f"{MADE_ROOT}/live", read_only=True)) if self.live else (volumes,)

    @property
    def folders(self) -> NodeFolders:
        return NodeFolders(MADE_ROOT, f"{MADE_ROOT}/volumes", f"{MADE_ROOT}/live" if self.live else None)

    def create(self) -> Command:
        """Waits until the node is ready. kind takes away what it could not make."""
        named = ["--name", self.cluster, "--kubeconfig", str(self.client.kubeconfig)]
        image = ["--image", self.image] if self.image else []
        return Command(
            ["kind", "create", "cluster", *named, "--config", "-", "--wait", _READY, *image],
            stdin=config_text(self.mounts).encode(),
        )

    def start(self) -> Command:
        return Command(["docker", "start", self.container])

    def write_kubeconfig(self) -> Command:
        return Command(
            ["kind", "export", "kubeconfig", "--name", self.cluster, "--kubeconfig", str(self.client.kubeconfig)]
        )

    def load(self, archive: Path) -> Command:
        return Command(["kind", "load", "image-archive", str(archive), "--name", self.cluster])

    def delete(self) -> Command:
        return Command(
            ["kind", "delete", "cluster", "--name", self.cluster, "--kubeconfig", str(self.client.kubeconfig)]
        )


def config_text(mounts: tuple[Mount, ...]) -> str:
    """One node, with the folders; its API listens on the loopback address, which is kind's default."""
    node: dict[str, Any] = {"role": "control-plane", "extraMounts": [_mount(each) for each in mounts]}
    text = StringIO()
    document = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": [node]}
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(document, text)
    return str(text.getvalue())


def _mount(mount: Mount) -> dict[str, Any]:
    found = {"hostPath": str(mount.source), "containerPath": mount.path}
    return {**found, "readOnly": True} if mount.read_only else found
