"""The sandbox image of every pod, made of one static program as an OCI archive."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

from airstrip.embedded.settings import PAUSE_IMAGE

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_USER = "65535:65535"


def build_pause_archive(program: bytes, machine: str) -> bytes:
    """A tar of an OCI layout with one layer; same program, same bytes. `machine` as `uname -m`."""
    layer = _tar({"pause": (program, 0o755)})
    config = _json(
        {
            "architecture": _ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "config": {"Entrypoint": ["/pause"], "User": _USER},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [_descriptor(layer, "application/vnd.oci.image.layer.v1.tar")],
        }
    )
    entry = _descriptor(manifest, "application/vnd.oci.image.manifest.v1+json")
    index = _json(
        {"schemaVersion": 2, "manifests": [{**entry, "annotations": {"io.containerd.image.name": PAUSE_IMAGE}}]}
    )
    blobs = {f"blobs/sha256/{_digest(blob)[7:]}": (blob, 0o644) for blob in (layer, config, manifest)}
    layout = _json({"imageLayoutVersion": "1.0.0"})
    return _tar({"oci-layout": (layout, 0o644), "index.json": (index, 0o644), **blobs})


def ensure_pause_archive(program: Path, archive: Path) -> None:
    """Writes the archive where it is missing or of another program."""
    content = build_pause_archive(program.read_bytes(), os.uname().machine)
    if not archive.exists() or archive.read_bytes() != content:
        archive.write_bytes(content)


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _descriptor(blob: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
