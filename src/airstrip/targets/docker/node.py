"""The node's container: what Docker says of it, and what is done in it as its root."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from airstrip.process import Command
from airstrip.targets.dags_folder import POD_USER
from airstrip.targets.docker.folders import MADE_ROOT, Mount, NodeFolders
from airstrip.targets.docker.programs import Programs, error_of, silent
from airstrip_pods.conventions import DATA_GROUP, DATA_MODE

_PREPARE = f"""\
set -eu
volumes=$1 owner=$2
shift 2
for name in "$@"; do
    folder=$volumes/$name
    case $name in
        dags) mkdir -p "$folder"; chmod 755 "$folder"; continue ;;
        data/*) [ ! -d "$folder" ] || continue; user=$owner group={DATA_GROUP} mode={DATA_MODE:o} ;;
        data) user=$owner group={DATA_GROUP} mode={DATA_MODE:o} ;;
        *) user={POD_USER} group=0 mode=2775 ;;
    esac
    mkdir -p "$folder"
    chown "$user:$group" "$folder"
    chmod "$mode" "$folder"
done
"""
"""Group 0 writes, whichever user a pod has; a project's folder that is there is left as it is."""
_LINK = 'set -eu; mkdir -p "${2%/*}"; ln -sfn "$1" "$2.new"; mv -T "$2.new" "$2"'
"""From one moment to the next."""
_STOP = "systemctl stop kubelet; crictl rmp --all --force"
_EMPTY = """\
for attempt in 1 2 3 4 5; do
    [ -d "$1" ] && ! find "$1" -mindepth 1 -delete || exit 0
    sleep 1
done
exit 1
"""
"""Again where a pod wrote into a folder meanwhile."""
_LANDED = "kubectl --kubeconfig /etc/kubernetes/admin.conf get namespace --output name --selector"


@dataclass(frozen=True)
class NodeFact:
    """`mounts` are (source, path) as they were asked for; `gateway` is this machine's address there."""

    id: str
    running: bool
    mounts: tuple[tuple[str, str], ...]
    gateway: str | None

    def has(self, mount: Mount) -> bool:
        return (str(mount.source), mount.path) in self.mounts

    @property
    def maker_folder(self) -> str | None:
        """The folder of the file that it was made from; None where no deployment made it."""
        for source, path in self.mounts:
            if path == f"{MADE_ROOT}/volumes":
                # FOLDER/.airstrip/NAME/volumes
                return str(Path(source).parents[2]) if len(Path(source).parents) > 2 else source
            if path.startswith(f"{MADE_ROOT}/of-"):
                return source
        return None


@dataclass(frozen=True)
class Node:
    """A container by its name."""

    name: str
    programs: Programs

    def look(self) -> NodeFact | None:
        """None where there is none. Raises CheckError where Docker does not answer."""
        said = self.programs.run(Command(["docker", "container", "inspect", self.name]), check=False)
        if said.exit_code and "no such container" in said.stderr.lower():
            return None
        if said.exit_code:
            raise error_of(silent(said.stderr))
        return parse_node(json.loads(said.stdout)[0])

    def prepare(self, folders: NodeFolders, owner: int, names: Sequence[str]) -> None:
        """Makes the folders of volumes. Data is `owner`'s, a user's id on this machine."""
        self._shell(_PREPARE, folders.volumes, str(owner), *names)

    def link_dags(self, folders: NodeFolders, *, again: bool) -> None:
        """Pods that start from now on see what it leads to; one that is there stays but with `again`."""
        if again or self._fails('[ -L "$1" ]', folders.link):
            self._shell(_LINK, folders.linked, folders.link)

    def has_namespaces(self, selector: str) -> bool:
        """Asked by the node's own kubectl. False where its API does not answer: it may never have begun to."""
        command = self._command(*_LANDED.split(), selector)
        return bool(self.programs.run(command, check=False).stdout.strip())

    def stop_pods(self) -> None:
        """Of a node that is about to go: nothing writes into its volumes any more. What resists is told by `empty`."""
        self._fails(_STOP)

    def empty(self, folder: str) -> bool:
        """False where something is left."""
        return not self._fails(_EMPTY, folder)

    def images(self) -> dict[str, str]:
        """Digests by name, of containerd's images."""
        lines = self._execute("ctr", "--namespace", "k8s.io", "images", "list").splitlines()[1:]
        return {fields[0]: fields[2] for fields in map(str.split, lines) if len(fields) > 2}

    def tag(self, name: str, other: str) -> None:
        self._execute("ctr", "--namespace", "k8s.io", "images", "tag", "--force", name, other)

    def _shell(self, script: str, *arguments: str) -> None:
        self._execute("sh", "-c", script, "sh", *arguments)

    def _fails(self, script: str, *arguments: str) -> bool:
        return self.programs.run(self._command("sh", "-c", script, "sh", *arguments), check=False).exit_code != 0

    def _execute(self, *argv: str) -> str:
        return self.programs.run(self._command(*argv)).stdout

    def _command(self, *argv: str) -> Command:
        return Command(["docker", "exec", self.name, *argv])


def parse_node(found: dict[str, Any]) -> NodeFact:
    """From `docker container inspect`."""
    binds = [text.split(":") for text in (found.get("HostConfig") or {}).get("Binds") or ()]
    networks = ((found.get("NetworkSettings") or {}).get("Networks") or {}).values()
    gateways = [text for each in networks if (text := each.get("Gateway")) and ip_address(text).version == 4]
    return NodeFact(
        found["Id"],
        bool(found["State"]["Running"]),
        tuple((bind[0], bind[1]) for bind in binds if len(bind) > 1),
        gateways[0] if gateways else None,
    )
