"""The node's image store: containerd's, reached through its socket."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tarfile
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded import deletion
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.ending import stopped
from airstrip.embedded.node import delete_node_data
from airstrip.embedded.room import require_room_to_import
from airstrip.embedded.settings import PAUSE_IMAGE
from airstrip.errors import NodeError
from airstrip.events import Emit, step
from airstrip.process import Command, run

_IMPORT_TIMEOUT = 900.0


@dataclass(frozen=True)
class StoredImage:
    """`digest` is that of the manifest (`sha256:...`)."""

    reference: str
    digest: str


def list_images(config: NodeConfig) -> tuple[StoredImage, ...]:
    """The images under a name of their own, without the sandbox's. Raises CommandError."""
    lines = run(_ctr(config, "images", "list")).stdout.splitlines()[1:]
    images = [StoredImage(fields[0], fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
    return tuple(
        image for image in images if not image.reference.startswith("sha256:") and image.reference != PAUSE_IMAGE
    )


def import_image(config: NodeConfig, layout: Path, reference: str, emit: Emit) -> bool:
    """Puts the one image of an OCI layout into the node under `reference`; False when it is there.

    Nothing is written in between: containerd reads the layout as a stream, without the layers that it has. One that
    is there by another name gets this one too, which another image may have had.
    """
    entry = read_layout(layout)
    names = [image.reference for image in list_images(config) if image.digest == entry["digest"]]
    if reference in names:
        return False
    if names:
        run(_ctr(config, "images", "tag", "--force", names[0], reference))
        return True
    blobs = _blobs(layout, entry, without=_stored_blobs(config))
    size = sum(path.stat().st_size for path in blobs)
    require_room_to_import(config, size, reference)
    with step(emit, "node.import", f"Import {reference.partition('@')[0]} into the node") as progress:
        fifo = config.run_dir / f"import-{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            fifo.unlink()
        os.mkfifo(fifo, 0o600)
        stop = threading.Event()
        writer = threading.Thread(target=_stream, args=(layout, entry, blobs, reference, fifo, stop), daemon=True)
        writer.start()
        try:
            arguments = ("images", "import", str(fifo))
            run(_ctr(config, *arguments), timeout=_IMPORT_TIMEOUT)
        finally:
            stop.set()
            writer.join(10)
            fifo.unlink(missing_ok=True)
        progress.note = f"{size / 1e6:.0f} MB" if size >= 1_000_000 else f"{size // 1000} kB"
    return True


def prune_node(config: NodeConfig, emit: Emit, *, everything: bool = False) -> list[str]:
    """Stops the node and empties its image store; with `everything` its whole state goes.

    Its links to the programs go too: they would keep alive what the cache has dropped, and the next
    start makes them again. Returns what of the node is still in use, as `stop_node` does.
    """
    if everything:
        return delete_node_data(config, emit)
    title = f"Empty the image store of the node {config.name}"
    with stopped(config, emit) as left, step(emit, "node.prune", title):
        deletion.delete(config, ("containerd", config.programs_dir.name))
    return left


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


def _ctr(config: NodeConfig, *arguments: str) -> Command:
    socket = str(config.containerd_socket)
    return Command([config.program("ctr"), "--address", socket, "--namespace", "k8s.io", *arguments])


def _stored_blobs(config: NodeConfig) -> frozenset[str]:
    """Digests of what containerd has: those of an image that is there are not collected."""
    return frozenset(run(_ctr(config, "content", "list", "--quiet")).stdout.split())


def _blobs(layout: Path, entry: dict[str, object], *, without: Collection[str] = ()) -> list[Path]:
    """Manifest, configuration and layers, in the order that containerd reads them best; not the layers `without`."""
    manifest = _blob(layout, str(entry["digest"]))
    document = json.loads(manifest.read_text())
    layers = [layer for layer in document["layers"] if layer["digest"] not in without]
    paths = [manifest, *(_blob(layout, descriptor["digest"]) for descriptor in (document["config"], *layers))]
    return list(dict.fromkeys(paths))


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "/".join(digest.split(":", 1))


def _stream(
    layout: Path, entry: dict[str, object], blobs: Iterable[Path], reference: str, fifo: Path, stop: threading.Event
) -> None:
    """Writes the layout's image as a tar; the importer says what went wrong if it ends early."""
    annotations = {"io.containerd.image.name": reference}
    index = {"schemaVersion": 2, "manifests": [{**entry, "annotations": annotations}]}
    with (
        contextlib.suppress(OSError),
        os.fdopen(_open_writer(fifo, stop), "wb") as sink,
        tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(archive, "index.json", json.dumps(index).encode())
        for blob in blobs:
            archive.add(blob, str(blob.relative_to(layout)))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _open_writer(fifo: Path, stop: threading.Event) -> int:
    """Waits for the reader, without blocking for ever when it never comes. Raises OSError."""
    while True:
        try:
            descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            if stop.is_set():
                raise
            time.sleep(0.02)
            continue
        os.set_blocking(descriptor, True)
        return descriptor
