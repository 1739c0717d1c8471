"""The folders behind the volumes: on this machine beside the file, and what the node calls them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airstrip.platform import Purpose
from airstrip.spec import Spec

MADE_ROOT = "/airstrip"
"""In a node that was made here."""
_LIVE = "dags"


@dataclass(frozen=True)
class ClientFolder:
    """`.airstrip/NAME` beside the file: what Airstrip keeps of a cluster on this machine."""

    beside: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.beside / ".airstrip" / self.name

    @property
    def kubeconfig(self) -> Path:
        """Never the user's own."""
        return self.folder / "kubeconfig"

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    @property
    def record(self) -> Path:
        """Of the cluster that was made here: one that is lost takes no cluster for half made."""
        return self.folder / "cluster.json"


@dataclass(frozen=True)
class Mount:
    """A folder of this machine in the node."""

    source: Path
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class NodeFolders:
    """In the node: `volumes` has a folder for each claim, `root` the link to DAGs; `live` has those of the file's path.

    Whether `live` is really there the node's mounts say.
    """

    root: str
    volumes: str
    live: str | None = None

    @property
    def link(self) -> str:
        """A volume's own path can never change, and the file's may."""
        return f"{self.root}/{_LIVE}"

    @property
    def linked(self) -> str:
        return self.live or f"{self.volumes}/{_LIVE}"

    def by_purpose(self, spec: Spec) -> dict[Purpose, str]:
        claim = spec.dags.claim
        return {
            "dags": self.link if claim == _LIVE else f"{self.volumes}/{claim}",
            "logs": f"{self.volumes}/logs",
            "data": f"{self.volumes}/data",
        }


def client_folder(spec: Spec) -> ClientFolder:
    return ClientFolder(Path.cwd() if spec.file is None else spec.file.parent.resolve(), spec.name)


def given_folders(spec: Spec) -> NodeFolders:
    """In the node of a cluster that somebody else made: nothing of this machine is mounted there."""
    root = f"/var/lib/airstrip/{spec.name}"
    return NodeFolders(root, f"{root}/volumes")


def folder_names(spec: Spec) -> tuple[str, ...]:
    """What is made below `volumes`, each before what is in it."""
    dags = [spec.dags.claim] if "dags" in spec.dags.volumes else []
    return ("logs", *dags, "data", *(f"data/{project}" for project in spec.projects))
