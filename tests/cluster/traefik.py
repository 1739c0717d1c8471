"""A real Traefik on this machine, in front of the node: compiled once into the cache from its Go module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from airstrip.embedded.binaries.build import require_sources
from airstrip.embedded.binaries.caches import go_environment
from airstrip.embedded.binaries.toolchain import ensure_go
from airstrip.events import discard
from airstrip.kube import Cluster
from airstrip.paths import cache_dir
from tests.landing import eventually

_VERSION = "v3.5.0"
"""The newest whose go.mod replaces no module by a folder that the module has not got."""
_MODULE = f"github.com/traefik/traefik/v3@{_VERSION}"
_CRDS = Path("docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml")
ADDRESS = "127.0.0.43"
"""Of the loopback network, and nobody else's: its ports are those that browsers take by themselves."""
CLASS: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "traefik"},
    "spec": {"controller": "traefik.io/ingress-controller"},
}


@dataclass(frozen=True)
class Traefik:
    """The program, and the definitions of its own kinds."""

    program: Path
    definitions: Path

    @contextmanager
    def defined(self, cluster: Cluster) -> Iterator[None]:
        """As whoever installs it does, and takes it away."""
        items = [CLASS, *YAML(typ="safe", pure=True).load_all(self.definitions.read_text())]
        for item in items:
            cluster.apply(item)
        yield
        for item in items:
            cluster.delete(item["apiVersion"], item["kind"], item["metadata"]["name"])


def ensure_traefik() -> Traefik:
    """Out of the cache, or compiled: some minutes of both cores, once."""
    folder = cache_dir() / "checks" / f"traefik-{_VERSION}"
    if not folder.is_dir():
        scratch = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(scratch, ignore_errors=True)
        _compile(scratch)
        scratch.replace(folder)
    return Traefik(folder / "traefik", folder / _CRDS.name)


def _compile(folder: Path) -> None:
    """In a copy of the module, where its own `replace` lines count, with the page that only its releases have."""
    go = ensure_go(cache_dir(), require_sources(), discard)
    folder.mkdir(parents=True)
    own = {name: value for name, value in go_environment(cache_dir(), go).items() if value is not None}
    environment = {**os.environ, **own, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "0"}
    download = [str(go.path), "mod", "download", "-json", _MODULE]
    found = subprocess.run(download, cwd=folder, env=environment, check=True, capture_output=True).stdout
    source = folder / "source"
    shutil.copytree(json.loads(found)["Dir"], source, copy_function=shutil.copyfile)
    page = source / "webui" / "static" / "index.html"
    # What Go keeps of modules is closed to writers, and so are copies of its folders.
    for closed in (source, page.parent.parent):
        closed.chmod(0o755)
    page.parent.mkdir()
    page.write_text("not built\n")
    build = [str(go.path), "build", "-trimpath", "-ldflags=-s -w", f"-o={folder / 'traefik'}", "./cmd/traefik"]
    subprocess.run(build, cwd=source, env=environment, check=True)
    shutil.copyfile(source / _CRDS, folder / _CRDS.name)
    for path in source.rglob("*/"):
        path.chmod(0o755)
    shutil.rmtree(source)


@contextmanager
def running_traefik(traefik: Traefik, kubeconfig: Path, log: Path) -> Iterator[None]:
    """Ports 80 and 443 of `ADDRESS`, the latter with TLS by the routers' own wish alone."""
    argv = [
        str(traefik.program),
        f"--entrypoints.web.address={ADDRESS}:80",
        f"--entrypoints.websecure.address={ADDRESS}:443",
        "--providers.kubernetesingress",
        "--providers.kubernetescrd",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        "--log.level=INFO",
    ]
    environment = {"PATH": "/usr/bin:/bin", "KUBECONFIG": str(kubeconfig)}
    with log.open("w") as said, subprocess.Popen(argv, stdout=said, stderr=said, env=environment) as process:
        try:
            eventually(lambda: _answers(process, log), seconds=30, what="Traefik answers")
            yield
        finally:
            process.terminate()


def _answers(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(f"http://{ADDRESS}/", trust_env=False).status_code == httpx.codes.NOT_FOUND
    except httpx.TransportError:
        return False
