"""A registry inside of the node's network that gives out one image, to whoever logs in."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airstrip.embedded.supervisor import record
from airstrip.paths import run_dir
from tests.landing import NAME, eventually

PORT = 5999
LOGIN = base64.b64encode(b"airstrip:landing").decode()
REFERENCE = f"localhost:{PORT}/small:1"

# Plain HTTP: containerd speaks it with localhost only, so this runs in the node's network.
_SERVER = """
import json, pathlib, re, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

layout, port, login = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
index = json.loads((layout / "index.json").read_text())["manifests"][0]

class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # To a greeting in TLS: containerd then knows that this is plain HTTP.
    default_request_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Authorization") != f"Basic {login}":
            return self.answer(401, b"{}", "application/json", {"WWW-Authenticate": 'Basic realm="airstrip"'})
        if self.path == "/v2/":
            return self.answer(200, b"{}", "application/json")
        digest = index["digest"] if self.path.endswith("/manifests/1") else self.path.rpartition("/")[2]
        blob = layout / "blobs" / "sha256" / digest.removeprefix("sha256:")
        kind = index["mediaType"] if "/manifests/" in self.path else "application/octet-stream"
        if not re.fullmatch("sha256:[0-9a-f]{64}", digest) or not blob.exists():
            return self.answer(404, b"{}", "application/json")
        self.answer(200, blob.read_bytes(), kind, {"Docker-Content-Digest": digest})

    do_HEAD = do_GET

    def answer(self, status, body, kind, more={}):
        self.send_response_only(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), **more}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", port), Registry).serve_forever()
"""


def own_image(layout: Path, folder: Path) -> Path:
    """The same layers as another image: the kubelet keeps in mind which one took a login, and asks all pods for it."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for blob in (layout / "blobs" / "sha256").iterdir():
        (blobs / blob.name).symlink_to(blob)

    def keep(document: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
        content = json.dumps(document).encode()
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {**described, "digest": f"sha256:{digest}", "size": len(content)}

    def read(described: dict[str, Any]) -> dict[str, Any]:
        return dict(json.loads((blobs / described["digest"].removeprefix("sha256:")).read_text()))

    index = json.loads((layout / "index.json").read_text())
    manifest = read(index["manifests"][0])
    manifest["config"] = keep({**read(manifest["config"]), "author": "airstrip-test"}, manifest["config"])
    index["manifests"] = [keep(manifest, index["manifests"][0])]
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@contextmanager
def registry(layout: Path) -> Iterator[None]:
    """Serves the image of an OCI layout as REFERENCE."""
    running = record.read_record(run_dir(NAME))
    assert running is not None
    enter = ["nsenter", "-t", str(running.inner.pid), "-n"]
    argv = [*enter, sys.executable, "-c", _SERVER, str(layout), str(PORT), LOGIN]
    ask = f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 1)"
    with subprocess.Popen(argv) as server:
        try:
            eventually(
                lambda: subprocess.run([*enter, sys.executable, "-c", ask], stderr=subprocess.DEVNULL).returncode == 0,
                seconds=10,
                what="the registry listens",
            )
            yield
        finally:
            server.terminate()


def docker_config() -> str:
    return json.dumps({"auths": {f"localhost:{PORT}": {"auth": LOGIN}}})
