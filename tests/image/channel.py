"""A conda channel in a folder, of packages that a test makes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

PLACEHOLDER = "/opt/placeholder_" + "x" * 60
"""Where a package's files are told to lie, until they are installed."""


def add_package(
    channel: Path, name: str, version: str, files: Mapping[str, str], depends: tuple[str, ...] = ()
) -> Path:
    """A package for every system, as conda-build writes it: its archive."""
    index: dict[str, Any] = {"name": name, "version": version, "build": "0", "build_number": 0}
    index |= {"depends": list(depends), "noarch": "generic", "subdir": "noarch"}
    contents = {path: text.encode() for path, text in files.items()}
    paths = {"paths": [_path(path, content) for path, content in contents.items()], "paths_version": 1}
    contents |= {"info/index.json": json.dumps(index).encode(), "info/paths.json": json.dumps(paths).encode()}
    archive = channel / "noarch" / f"{name}-{version}-0.tar.bz2"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:bz2") as tar:
        for path, content in contents.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755 if path.startswith("bin/") else 0o644
            tar.addfile(info, io.BytesIO(content))
    _index(channel, archive, index)
    return archive


def _path(path: str, content: bytes) -> dict[str, Any]:
    described: dict[str, Any] = {"_path": path, "path_type": "hardlink"}
    described |= {"sha256": hashlib.sha256(content).hexdigest(), "size_in_bytes": len(content)}
    placed = {"file_mode": "text", "prefix_placeholder": PLACEHOLDER} if PLACEHOLDER.encode() in content else {}
    return {**described, **placed}


def _index(channel: Path, archive: Path, index: Mapping[str, Any]) -> None:
    """Adds it to what the channel says it has; for the systems of tests there is nothing else."""
    content = archive.read_bytes()
    known = channel / "noarch" / "repodata.json"
    data: dict[str, Any] = {"info": {"subdir": "noarch"}, "packages": {}}
    if known.is_file():
        data = json.loads(known.read_text())
    digests = {"sha256": hashlib.sha256(content).hexdigest(), "md5": hashlib.md5(content).hexdigest()}
    data["packages"][archive.name] = {**index, **digests, "size": len(content)}
    known.write_text(json.dumps(data))
    for system in ("linux-64", "linux-aarch64"):
        (channel / system).mkdir(exist_ok=True)
        (channel / system / "repodata.json").write_text(json.dumps({"info": {"subdir": system}, "packages": {}}))


@contextmanager
def served(channel: Path, login: str = "") -> Iterator[str]:
    """The channel's URL while a server of this machine has it; with `login`, `USER:PASSWORD`, for nobody else."""
    wanted = f"Basic {base64.b64encode(login.encode()).decode()}" if login else ""
    handler = partial(type("Handler", (_Silent,), {"wanted": wanted}), directory=str(channel))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Silent(SimpleHTTPRequestHandler):
    wanted = ""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        if not self.wanted or self.headers["Authorization"] == self.wanted:
            return super().send_head()
        self.send_error(401)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
