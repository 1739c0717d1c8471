"""A container image of this host's own shell and a few tools, as an OCI layout: no registry is needed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

REFERENCE = "localhost/airstrip-test/tools:1"
_TOOLS = ("bash", "cat", "getent", "id", "ls", "perl", "sleep", "stat")
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def build_tool_layout(folder: Path) -> Path:
    """Writes the layout and returns its folder."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer = _layer()
    config = _json(
        {
            "architecture": _ARCHITECTURE[_machine()],
            "os": "linux",
            "config": {"Entrypoint": ["/usr/bin/bash", "-c"], "Env": ["PATH=/usr/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _describe(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [_describe(layer, "application/vnd.oci.image.layer.v1.tar")],
        }
    )
    for blob in (layer, config, manifest):
        (blobs / _digest(blob).removeprefix("sha256:")).write_bytes(blob)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [_describe(manifest, _MANIFEST)]}))
    return folder


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        programs = [shutil.which(tool) for tool in _TOOLS]
        assert all(programs), f"{_TOOLS} are wanted, {programs} found"
        files = {
            str(Path("/usr/bin", tool)): Path(str(program)) for tool, program in zip(_TOOLS, programs, strict=True)
        }
        for program in list(files.values()):
            files.update({str(library): library for library in _libraries(program)})
        for name, source in sorted(files.items()):
            archive.add(source.resolve(), name.lstrip("/"))
        for folder in Path("/usr/lib").glob("*-linux-gnu*/perl-base"):
            archive.add(folder, str(folder).lstrip("/"))
        entry = tarfile.TarInfo("etc/nsswitch.conf")
        content = b"hosts: files dns\n"
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _libraries(program: Path) -> list[Path]:
    words = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout.split()
    return [Path(word) for word in words if word.startswith("/")]


def _machine() -> str:
    return subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _describe(blob: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}
