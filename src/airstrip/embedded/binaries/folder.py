"""A folder of built programs, and the file in it that says what they are."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from airstrip.answers import NodeBuildData
from airstrip.errors import NodeError

NODE = "airstrip-node"
PROGRAMS = (
    "coredns",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
)
CNI_PLUGINS = ("bridge", "host-local", "loopback", "portmap")
FILES = (NODE, "containerd", "containerd-shim-runc-v2", "ctr", "runc", *CNI_PLUGINS, "pause")
"""Every file that a folder must have; `PROGRAMS` are all in `NODE`."""

LICENCES = "licences"
MANIFEST = "build.json"


@dataclass(frozen=True)
class Versions:
    """What the programs were built from, without a leading v; `go` compiled them."""

    kubernetes: str
    etcd: str
    coredns: str
    containerd: str
    runc: str
    cni_plugins: str
    go: str

    def to_dict(self) -> dict[str, str]:
        """As `--json` has them, which is not how the manifest beside the programs does."""
        plain = asdict(self)
        return {"cniPlugins" if name == "cni_plugins" else name: version for name, version in plain.items()}


@dataclass(frozen=True)
class Binaries:
    """The node's programs. `key` is the hash of all that they were built from."""

    folder: Path
    versions: Versions
    key: str

    def path(self, name: str) -> Path:
        """The file of this name, one of `FILES`."""
        return self.folder / name

    def argv(self, program: str) -> tuple[str, ...]:
        """How a program is called, whether it is a file of its own or in the multi-call one."""
        if program in PROGRAMS:
            return (str(self.path(NODE)), program)
        return (str(self.path(program)),)

    @property
    def licences(self) -> Path:
        """One folder for each module that is linked in."""
        return self.folder / LICENCES

    def to_dict(self) -> NodeBuildData:
        return {"folder": str(self.folder), "key": self.key, "versions": self.versions.to_dict()}


def read_folder(folder: Path) -> Binaries:
    """Raises NodeError when a program or the manifest lacks or cannot be read."""
    lacking = [name for name in FILES if not os.access(folder / name, os.X_OK)]
    if lacking:
        raise NodeError(
            "node.binaries-incomplete",
            f"{folder} has no executable {', '.join(lacking)}",
            cause="It is not a folder that `airstrip node build` made, or it was made for another version.",
            fix="Unset AIRSTRIP_NODE_BIN, or run: airstrip node build",
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        return Binaries(folder, Versions(**manifest["versions"]), manifest["key"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError(
            "node.binaries-unknown",
            f"{folder / MANIFEST} does not say what the programs beside it are",
            cause=str(error),
            fix="Unset AIRSTRIP_NODE_BIN, or run: airstrip node build",
        ) from error


def read_versions(folder: Path) -> Versions | None:
    """What the manifest in a folder of programs says; None where there is none that can be read."""
    try:
        return Versions(**json.loads((folder / MANIFEST).read_text())["versions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(folder: Path, versions: Versions, key: str) -> None:
    """Written last: a folder without it is not complete."""
    text = json.dumps({"key": key, "versions": asdict(versions)}, indent=2)
    (folder / MANIFEST).write_text(text + "\n")
