"""The one image of an OCI layout as the archive that containerd imports."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import IO

from airstrip.errors import NodeError


def write_archive(layout: Path, reference: str, file: Path) -> int:
    """Writes the image under the name `reference`; returns the size of its parts in bytes."""
    entry = read_layout(layout)
    blobs = image_blobs(layout, entry)
    with file.open("wb") as sink:
        write_blobs(sink, layout, entry, blobs, reference)
    return sum(path.stat().st_size for path in blobs)


def read_layout(layout: Path) -> dict[str, object]:
    """The descriptor of the layout's one image. Raises NodeError when it is no such layout."""
    try:
        manifests = json.loads((layout / "index.json").read_text())["manifests"]
    except (OSError, ValueError, KeyError) as error:
        raise _bad_layout(layout, str(error)) from error
    if len(manifests) != 1:
        raise _bad_layout(layout, f"it has {len(manifests)} images, not one")
    return dict(manifests[0])


def _bad_layout(layout: Path, cause: str) -> NodeError:
    return NodeError(
        "node.image-unreadable",
        f"{layout} is not an OCI layout of one image",
        cause=cause,
        fix="Remove the folder and build the image again.",
    )


def image_blobs(layout: Path, entry: dict[str, object], *, without: Collection[str] = ()) -> list[Path]:
    """Manifest, configuration and layers, in the order that containerd reads them best; not the layers `without`."""
    manifest = _blob(layout, str(entry["digest"]))
    document = json.loads(manifest.read_text())
    layers = [layer for layer in document["layers"] if layer["digest"] not in without]
    paths = [manifest, *(_blob(layout, descriptor["digest"]) for descriptor in (document["config"], *layers))]
    return list(dict.fromkeys(paths))


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "/".join(digest.split(":", 1))


def write_blobs(sink: IO[bytes], layout: Path, entry: dict[str, object], blobs: Iterable[Path], reference: str) -> None:
    """The layout's image as a tar, with these of its parts."""
    annotations = {"io.containerd.image.name": reference}
    index = {"schemaVersion": 2, "manifests": [{**entry, "annotations": annotations}]}
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(archive, "index.json", json.dumps(index).encode())
        for blob in blobs:
            archive.add(blob, str(blob.relative_to(layout)))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
