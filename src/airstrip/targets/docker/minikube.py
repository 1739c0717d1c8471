"""minikube's commands, with its driver docker. https://minikube.sigs.k8s.io/docs/commands/start/"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airstrip.process import Command
from airstrip.targets.docker.folders import MADE_ROOT, ClientFolder, Mount, NodeFolders


@dataclass(frozen=True)
class Minikube:
    """A profile of one node by its name. It takes one folder: that of the file, which has all others in it."""

    cluster: str
    client: ClientFolder
    live: Path | None = None
    version: str = ""
    cpus: int = 2
    memory: str = "4g"

    program = "minikube"
    purpose = "https://minikube.sigs.k8s.io/docs/start/"
    makes_again = False
    """`minikube start` goes on where it was cut off."""
    refuses_root = True

    @property
    def container(self) -> str:
        return self.cluster

    @property
    def mounts(self) -> tuple[Mount, ...]:
        return (Mount(self.client.beside, self._host),)

    @property
    def folders(self) -> NodeFolders:
        volumes = self.client.volumes.relative_to(self.client.beside)
        return NodeFolders(MADE_ROOT, f"{self._host}/{volumes}", self._in_node(self.live) if self.live else None)

    @property
    def _host(self) -> str:
        """The deployment's name tells it from that of another one in the same folder."""
        return f"{MADE_ROOT}/of-{self.client.name}"

    def _in_node(self, folder: Path) -> str | None:
        """None for what is not below the file's folder."""
        resolved = folder.resolve()
        inside = resolved.is_relative_to(self.client.beside)
        return f"{self._host}/{resolved.relative_to(self.client.beside)}" if inside else None

    def create(self) -> Command:
        """Waits until the node is ready. containerd, because Docker forgets the digests of what it loads."""
        (mount,) = self.mounts
        version = ["--kubernetes-version", self.version] if self.version else []
        return self._minikube(
            "start",
            *("--driver", "docker", "--container-runtime", "containerd"),
            *("--mount", "--mount-string", f"{mount.source}:{mount.path}"),
            *("--cpus", str(self.cpus), "--memory", self.memory),
            *version,
            *("--embed-certs", "--interactive=false"),
        )

    def start(self) -> Command:
        """As it was made."""
        return self._minikube("start", "--embed-certs", "--interactive=false")

    def write_kubeconfig(self) -> Command:
        return self._minikube("update-context")

    def load(self, archive: Path) -> Command:
        """Ends with exit code 0 even where nothing was loaded: whoever asks looks."""
        return self._minikube("image", "load", str(archive))

    def delete(self) -> Command:
        return self._minikube("delete")

    def _minikube(self, *arguments: str) -> Command:
        env = {"KUBECONFIG": str(self.client.kubeconfig), "MINIKUBE_IN_STYLE": "false"}
        return Command(["minikube", *arguments, "--profile", self.cluster], env=env)
