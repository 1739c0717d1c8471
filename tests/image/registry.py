"""A real registry on loopback: CNCF's distribution, compiled once into the cache from its Go module."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from airstrip.embedded.binaries.build import require_sources
from airstrip.embedded.binaries.toolchain import ensure_go
from airstrip.events import discard
from airstrip.paths import cache_dir

_VERSION = "v3.1.2"
_MODULE = f"github.com/distribution/distribution/v3/cmd/registry@{_VERSION}"
PASSWORD = "s3cret"
# Of this password, by bcrypt.
_HTPASSWD = "builder:$2b$04$ztW1mrwbd01lkQUxFWqG1eCjtkRGU30JbRbaV9o4zaze9riAgEWhK\n"
_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, maintenance: {{uploadpurging: {{enabled: false}}}}}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""


@dataclass(frozen=True)
class Registry:
    """`host` is what stands before the slash of a repository."""

    host: str
    folder: Path

    def get(self, path: str, *, accept: str = "*/*", password: str | None = None) -> httpx.Response:
        auth = ("builder", password) if password else None
        return httpx.get(f"http://{self.host}/v2/{path}", trust_env=False, headers={"Accept": accept}, auth=auth)


def ensure_registry() -> Path:
    """The program out of the cache, or compiled: some minutes of one core, once."""
    program = cache_dir() / "checks" / f"registry-{_VERSION}" / "registry"
    if not program.is_file():
        go = ensure_go(cache_dir(), require_sources(), discard)
        scratch = program.parent.with_name(f"{program.parent.name}.part")
        environment = {**os.environ, "GOBIN": str(scratch), "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
        subprocess.run([str(go.path), "install", _MODULE], env=environment, check=True, cwd=cache_dir())
        program.parent.mkdir(parents=True, exist_ok=True)
        (scratch / "registry").replace(program)
        scratch.rmdir()
    return program


@contextmanager
def running_registry(folder: Path, *, login: bool = False) -> Iterator[Registry]:
    """Empty at first; with `login`, for `builder` alone."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "htpasswd").write_text(_HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}" if login else ""
    (folder / "config.yml").write_text(_CONFIG.format(folder=folder, port=port, auth=auth))
    environment = {"PATH": "/usr/bin:/bin", "OTEL_TRACES_EXPORTER": "none", "REGISTRY_HTTP_SECRET": "tests"}
    argv = [str(ensure_registry()), "serve", str(folder / "config.yml")]
    with (folder / "log").open("w") as log, subprocess.Popen(argv, stdout=log, stderr=log, env=environment) as process:
        try:
            registry = Registry(f"127.0.0.1:{port}", folder)
            _await(registry, process)
            yield registry
        finally:
            process.terminate()


@contextmanager
def without_mounts(registry: Registry) -> Iterator[Registry]:
    """The same for a login that may read no other repository: whoever asks to mount a layer of one is refused."""

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "mount=" in self.path:
                done = httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="tests"'})
            else:
                url = f"http://{registry.host}{self.path}"
                done = httpx.request(self.command, url, headers=dict(self.headers), content=body, trust_env=False)
            self.send_response(done.status_code)
            for name, value in done.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(done.content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = forward

        def log_message(self, format: str, *args: object) -> None:
            """Of no interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield replace(registry, host=f"127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _await(registry: Registry, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while True:
        assert process.poll() is None, (registry.folder / "log").read_text()
        try:
            registry.get("")
            return
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.05)
