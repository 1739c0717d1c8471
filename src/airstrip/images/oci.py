"""The OCI image layout: layers with a configuration and a manifest, as files named by their digests."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airstrip.errors import ImageError
from airstrip.images.layer import EPOCH, MEDIA_TYPE, Layer

_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class RunSettings:
    """How a container of the image starts; `user` is numeric, as `runAsNonRoot` wants it."""

    user: str
    working_dir: str
    entrypoint: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    stop_signal: str = "SIGTERM"


def architecture() -> str:
    """This machine's architecture as OCI and Debian call it. Raises ImageError for any but two."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise ImageError(
            "image.architecture",
            f"images cannot be built on a {machine} machine",
            cause="Airflow's dependencies have ready-made wheels for x86_64 and aarch64 only.",
            fix="Build on such a machine, or name a ready image under image.ref.",
        )
    return _ARCHITECTURES[machine]


def write_layout(
    layout: Path, reference: str, layers: Sequence[tuple[Layer, Path]], settings: RunSettings | Mapping[str, Any]
) -> str:
    """Makes the layout in the folder `layout`, which must not exist, and returns the manifest's digest.

    Layers are (layer, its file), lowest first. The files are hard-linked: nothing is copied. `settings` may be
    a whole configuration, as somebody else made it.
    """
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    # Somebody else's base may have the same layer twice.
    for digest, file in {layer.digest: file for layer, file in layers}.items():
        os.link(file, blob_path(layout, digest))
    if isinstance(settings, RunSettings):
        settings = image_config([layer for layer, _ in layers], settings)
    config = _blob(layout, _CONFIG, settings)
    manifest = _blob(
        layout,
        _MANIFEST,
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": config,
            "layers": [_descriptor(MEDIA_TYPE, layer.digest, layer.size) for layer, _ in layers],
        },
    )
    tag = reference.rpartition(":")[2]
    # containerd reads the first annotation as the whole name, other tools the second as the tag.
    named = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tag}
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [{**manifest, "annotations": named}]}
    (layout / "index.json").write_bytes(_json(index))
    (layout / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return str(manifest["digest"])


def read_layout(layout: Path) -> str | None:
    """The manifest's digest, or None when the layout is not there or not whole (files by size)."""
    try:
        descriptor = json.loads((layout / "index.json").read_bytes())["manifests"][0]
        manifest = json.loads(blob_path(layout, descriptor["digest"]).read_bytes())
        for blob in (descriptor, manifest["config"], *manifest["layers"]):
            if blob_path(layout, blob["digest"]).stat().st_size != blob["size"]:
                return None
    except (OSError, ValueError, KeyError, IndexError):
        return None
    return str(descriptor["digest"])


def layout_size(layout: Path) -> int:
    """Bytes of a whole layout's layers, configuration and manifest."""
    return sum(blob.stat().st_size for blob in (layout / "blobs" / "sha256").iterdir())


def read_layers(layout: Path) -> tuple[Layer, ...]:
    """The layers of a whole layout, lowest first."""
    descriptor = json.loads((layout / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads(blob_path(layout, descriptor["digest"]).read_bytes())
    return tuple(Layer(layer["digest"], layer["size"]) for layer in manifest["layers"])


def read_config(layout: Path) -> dict[str, Any]:
    """The configuration of a whole layout's image."""
    descriptor = json.loads((layout / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads(blob_path(layout, descriptor["digest"]).read_bytes())
    config: dict[str, Any] = json.loads(blob_path(layout, manifest["config"]["digest"]).read_bytes())
    return config


def blob_path(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


def epoch_text() -> str:
    """When every image was made, as configurations write it."""
    return datetime.fromtimestamp(EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def image_config(layers: Sequence[Layer], settings: RunSettings) -> dict[str, Any]:
    """As OCI has it."""
    return {
        "architecture": architecture(),
        "os": "linux",
        "created": epoch_text(),
        "config": {
            "User": settings.user,
            "WorkingDir": settings.working_dir,
            "Entrypoint": list(settings.entrypoint),
            "Cmd": list(settings.command),
            "Env": [f"{name}={value}" for name, value in settings.env.items()],
            "StopSignal": settings.stop_signal,
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
    }


def _blob(layout: Path, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    data = _json(content)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    blob_path(layout, digest).write_bytes(data)
    return _descriptor(media_type, digest, len(data))


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
