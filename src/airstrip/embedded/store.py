"""The node's image store: containerd's, reached through its socket."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded import deletion
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.ending import stopped
from airstrip.embedded.image_archive import image_blobs, read_layout, write_blobs
from airstrip.embedded.node import delete_node_data
from airstrip.embedded.room import require_room_to_import
from airstrip.embedded.settings import PAUSE_IMAGE
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
    blobs = image_blobs(layout, entry, without=_stored_blobs(config))
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


def _ctr(config: NodeConfig, *arguments: str) -> Command:
    socket = str(config.containerd_socket)
    return Command([config.program("ctr"), "--address", socket, "--namespace", "k8s.io", *arguments])


def _stored_blobs(config: NodeConfig) -> frozenset[str]:
    """Digests of what containerd has: those of an image that is there are not collected."""
    return frozenset(run(_ctr(config, "content", "list", "--quiet")).stdout.split())


def _stream(
    layout: Path, entry: dict[str, object], blobs: Iterable[Path], reference: str, fifo: Path, stop: threading.Event
) -> None:
    """The importer says what went wrong if it ends early."""
    with contextlib.suppress(OSError), os.fdopen(_open_writer(fifo, stop), "wb") as sink:
        write_blobs(sink, layout, entry, blobs, reference)


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
