"""Docker, kind and minikube as far as a deployment sees them: what they are told is written down, and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airstrip.errors import CommandError
from airstrip.process import Command, Completed
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_program
from airstrip.targets.docker.programs import ClusterProgram, Programs
from airstrip.targets.docker.spec import KindSpec, MinikubeSpec

ALL = ("docker", "kind", "minikube")
NO_CONTAINER = "Error response from daemon: No such container: x"


@dataclass
class Machine:
    """`binds` are those of the node's container, None where there is none; `images` what its containerd has.

    `namespaces` are the deployment's own in it, as kubectl says them.
    """

    maker: ClusterProgram
    installed: tuple[str, ...] = ALL
    daemon: bool = True
    daemon_id: str = "d1"
    security: str = "[name=seccomp,profile=builtin]"
    endpoint: str = "unix:///var/run/docker.sock"
    environment: dict[str, str] = field(default_factory=dict)
    binds: list[str] | None = None
    running: bool = True
    id: str = "c1"
    namespaces: str = ""
    images: dict[str, str] = field(default_factory=dict)
    loads: bool = True
    fails: str = ""
    user: int = 1000
    told: list[str] = field(default_factory=list)

    @property
    def programs(self) -> Programs:
        return Programs(self.call, self.follow, self.which, lambda: self.user, self.environment)

    def which(self, name: str) -> str | None:
        return name if name in self.installed else None

    def call(self, command: Command, check: bool) -> Completed:
        text = str(command)
        if text.startswith("docker version"):
            return self._said(command, "29.0.0") if self.daemon else self._refused(command, "Cannot connect to it")
        if text.startswith("docker context inspect"):
            return self._said(command, f"{self.endpoint}\n")
        if "SecurityOptions" in text:
            return self._said(command, self.security)
        if text.startswith("docker info"):
            return self._said(command, f"{self.daemon_id}\n")
        if text.startswith("docker container inspect"):
            if self.binds is None:
                return self._refused(command, NO_CONTAINER)
            return self._said(command, json.dumps([self._inspected()]))
        if "get namespace" in text:
            return self._said(command, self.namespaces)
        self.told.append(text)
        if "images list" in text:
            lines = [f"{name} type {digest} size" for name, digest in self.images.items()]
            return self._said(command, "\n".join(["REF TYPE DIGEST", *lines]))
        if "images tag" in text:
            self.images[command.argv[-1]] = self.images[command.argv[-2]]
        return self._said(command, "")

    def follow(self, command: Command, _: Callable[[str], None]) -> None:
        self.told.append(str(command))
        if self.fails and self.fails in str(command):
            raise CommandError("process.failed", f"{command.argv[0]} failed")
        if command == self.maker.create():
            self.binds = [f"{mount.source}:{mount.path}" for mount in self.maker.mounts]
            self.running = True
        elif command == self.maker.delete():
            self.binds = None
        elif command == self.maker.start():
            self.running = True

    def _inspected(self) -> dict[str, Any]:
        networks = {"kind": {"Gateway": "172.18.0.1", "IPv6Gateway": "fc00::1"}}
        return {
            "Id": self.id,
            "State": {"Running": self.running},
            "HostConfig": {"Binds": self.binds},
            "NetworkSettings": {"Networks": networks},
        }

    @staticmethod
    def _said(command: Command, text: str) -> Completed:
        return Completed(command, 0, text, "")

    @staticmethod
    def _refused(command: Command, text: str) -> Completed:
        return Completed(command, 1, "[]", text)


def spec_of(folder: Path, target: str, more: str = "") -> Spec:
    file = folder / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\ntarget: {target}\n{more}")
    return load_spec(file, TARGET_SPECS, PLANNED_TARGETS)


def maker_of(spec: Spec) -> ClusterProgram:
    assert isinstance(spec.target, KindSpec | MinikubeSpec)
    return make_program(spec, spec.target)


def binds_of(maker: ClusterProgram) -> list[str]:
    return [f"{mount.source}:{mount.path}" + (":ro" if mount.read_only else "") for mount in maker.mounts]
