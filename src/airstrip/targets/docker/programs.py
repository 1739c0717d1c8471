"""The programs that make a cluster in Docker: run, or found to be missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from airstrip import process
from airstrip.errors import CheckError
from airstrip.findings import Finding
from airstrip.process import Command, Completed
from airstrip.targets.docker.folders import ClientFolder, Mount, NodeFolders

_LOCAL = ("unix://", "npipe://")
_DOCKER = "https://docs.docker.com/engine/install/"


class ClusterProgram(Protocol):
    """What kind and minikube have in common: a cluster by its name, and commands on it. Pure."""

    @property
    def program(self) -> str: ...
    @property
    def purpose(self) -> str:
        """How it is installed."""

    @property
    def makes_again(self) -> bool:
        """Whether what was cut off while it was made must go first."""

    @property
    def refuses_root(self) -> bool: ...
    @property
    def cluster(self) -> str: ...
    @property
    def client(self) -> ClientFolder: ...
    @property
    def container(self) -> str:
        """The node's, which Kubernetes calls the same."""

    @property
    def mounts(self) -> tuple[Mount, ...]: ...
    @property
    def folders(self) -> NodeFolders: ...
    def create(self) -> Command: ...
    def start(self) -> Command: ...
    def write_kubeconfig(self) -> Command: ...
    def load(self, archive: Path, /) -> Command: ...
    def delete(self) -> Command: ...


def _run(command: Command, check: bool) -> Completed:
    return process.run(command, check=check)


@dataclass(frozen=True)
class Programs:
    """How commands are run: by the real programs, but in tests."""

    call: Callable[[Command, bool], Completed] = _run
    follow: Callable[[Command, Callable[[str], None]], None] = process.stream
    which: Callable[[str], str | None] = shutil.which
    user: Callable[[], int] = os.geteuid
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def run(self, command: Command, *, check: bool = True) -> Completed:
        return self.call(command, check)

    def daemon(self) -> str:
        """Which Docker it is: another context, or another machine's, has another id."""
        return self.run(Command(["docker", "info", "--format", "{{.ID}}"])).stdout.strip()

    def _endpoint(self) -> str:
        """DOCKER_HOST wins over the context, as with Docker itself."""
        said = self.run(
            Command(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]), check=False
        )
        return self.environment.get("DOCKER_HOST") or said.stdout.strip()

    def problems(self, maker: ClusterProgram) -> Iterator[Finding]:
        """All that is missing is one finding."""
        ways = {"docker": _DOCKER, maker.program: maker.purpose}
        if missing := [name for name in ways if self.which(name) is None]:
            yield Finding(
                "place.programs-missing",
                f"{maker.program} needs programs that this machine lacks: {', '.join(missing)}",
                "They are not installed, or not on PATH.",
                f"Install {'; '.join(f'{name} ({ways[name]})' for name in missing)}.",
            )
        elif (
            said := self.run(Command(["docker", "version", "--format", "{{.Server.Version}}"]), check=False)
        ).exit_code:
            yield silent(said.stderr)
        elif (endpoint := self._endpoint()) and not endpoint.startswith(_LOCAL):
            yield Finding(
                "place.other-machine",
                f"Docker's commands go to {endpoint}, which is no socket of this machine",
                "DOCKER_HOST or the context of Docker names another machine's: folders of this one are not there, "
                "and the cluster's API is not here.",
                "Unset DOCKER_HOST, and run: docker context use default",
            )
        elif "rootless" in self.run(Command(["docker", "info", "--format", "{{.SecurityOptions}}"])).stdout:
            yield Finding(
                "place.rootless",
                "Docker runs without root",
                "Its users are not this machine's: folders of volumes would be another's, and pods would not reach "
                "this machine by its address.",
                "Use the Docker that runs as root: docker context use default",
            )
        elif maker.refuses_root and self.user() == 0:
            yield Finding(
                "place.not-for-root",
                f"{maker.program} runs no cluster in Docker for root",
                "Its driver docker refuses root.",
                "Run it as a user who is in the group docker.",
            )


def silent(said: str) -> Finding:
    """`said` are Docker's own words, of which the last line counts."""
    return Finding(
        "place.docker-silent",
        "Docker does not answer",
        (said.strip() or "It said nothing.").splitlines()[-1],
        "Start it: systemctl start docker; and let your user in: usermod -aG docker USER, then log in again.",
    )


def error_of(problem: Finding) -> CheckError:
    """Where nobody asked for all that is wrong, but for what is behind it."""
    return CheckError(problem.code, problem.symptom, cause=problem.cause, fix=problem.fix)
