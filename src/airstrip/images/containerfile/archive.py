"""What an engine saves (`docker save`, the docker-archive of podman), as layers of our store and a configuration.

The same contents give the same bytes: files of ours lose the time at which the engine wrote them, and the
configuration what tells of the build itself. Layers of a user's base stay as they are: Debian's bytecode goes by times.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from airstrip.errors import ImageError
from airstrip.images.contents import Contents
from airstrip.images.layer import Layer, copy_layer
from airstrip.images.oci import epoch_text
from airstrip.images.store import ImageStore

_KEPT = ("architecture", "os", "variant")
_SETTINGS = ("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal")
_GZIP = b"\x1f\x8b"


def read_archive(archive: Path, ours: tuple[str, ...], store: ImageStore, work: Path) -> Contents:
    """Takes the layers into the store; those with nothing beside `ours` (paths relative to the root) are made alike.

    Raises ImageError for an archive of a form that is not known.
    """
    try:
        with tarfile.open(archive) as saved:
            manifest = json.load(_member(saved, "manifest.json"))[0]
            config = json.load(_member(saved, manifest["Config"]))
            pairs = zip(manifest["Layers"], config["rootfs"]["diff_ids"], strict=True)
            found = (_layer(saved, name, digest, ours, store, work) for name, digest in pairs)
            # Docker writes an empty one for WORKDIR.
            layers = tuple(layer for layer in found if not _is_empty(store.blob(layer)))
            return Contents(layers, _plain(config, layers))
    except (tarfile.TarError, OSError, ValueError, KeyError, IndexError) as error:
        raise ImageError(
            "image.bad-archive",
            f"what the engine saved cannot be read: {error}",
            cause="Its version writes images in a form that Airstrip does not know, or the disk is full.",
            fix="Remove image.builder, so that Airstrip builds the image itself.",
        ) from error


def _member(saved: tarfile.TarFile, name: str) -> IO[bytes]:
    """A layer that an earlier image has too may be a link to that one's."""
    file = saved.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file


def _layer(
    saved: tarfile.TarFile, name: str, digest: str, ours: tuple[str, ...], store: ImageStore, work: Path
) -> Layer:
    """`digest` is that of the layer as the engine has it, which is our own system's name too."""
    known = store.layer(_key(digest)) or store.held(digest)
    if known is not None:
        return known
    plain = work / "engine.tar"
    _extract(saved, name, plain)
    if (found := _digest(plain)) != digest:
        raise ValueError(f"{name} has the digest {found}, and is said to have {digest}")
    layer = Layer(digest, plain.stat().st_size)
    if _is_ours(plain, ours):
        made = work / "layer.tar"
        layer = copy_layer(plain, made)
        made.replace(plain)
    store.keep_layer(_key(digest), layer, plain)
    return layer


def _key(digest: str) -> str:
    return f"engine-{digest.removeprefix('sha256:')[:32]}"


def _extract(saved: tarfile.TarFile, name: str, destination: Path) -> None:
    """Never compressed, so that its digest is the one that the configuration names."""
    with _member(saved, name) as file, destination.open("wb") as plain:
        start = file.read(len(_GZIP))
        file.seek(0)
        if start == _GZIP:
            with gzip.open(file) as unpacked:
                shutil.copyfileobj(unpacked, plain, 1 << 20)
        else:
            shutil.copyfileobj(file, plain, 1 << 20)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"


def _is_ours(layer: Path, ours: tuple[str, ...]) -> bool:
    """Whether it has our folders, what lies below, and the folders above alone."""
    with tarfile.open(layer) as entries:
        return all(_is_below(info.name.strip("/"), ours) for info in entries)


def _is_empty(layer: Path) -> bool:
    with tarfile.open(layer) as entries:
        return entries.next() is None


def _is_below(name: str, ours: tuple[str, ...]) -> bool:
    return any(name == path or name.startswith(f"{path}/") or path.startswith(f"{name}/") for path in ours)


def _plain(config: Mapping[str, Any], layers: tuple[Layer, ...]) -> dict[str, Any]:
    return {
        **{name: config[name] for name in _KEPT if config.get(name)},
        "created": epoch_text(),
        "config": {name: value for name, value in config.get("config", {}).items() if name in _SETTINGS and value},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
    }
