"""The cache of images: `CACHE/images`.

    blobs/sha256/HEX    layers
    layers/KEY.json     digest and size of the layer that came of the inputs with this key
    locks/KEY.lock      the Python packages that were resolved for what was asked with this key
    layouts/NAME-KEY/   a whole image; its blobs are hard links
    uv/, conda/         uv's own cache, and conda's packages
    work/NAME/          a build under way; emptied before the next. Every command that writes in there is
                        tied to us: the lock is freed when we die, and an orphan would write into the next
    NAME.lock           held while NAME is built
    use.lock            held, shared, while images are built and landed; whole by a prune

Everything but `work` appears by a rename, so what is there is whole and an interrupted build can
simply be run again.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from airstrip.errors import ImageError, LockError
from airstrip.events import Progress
from airstrip.images.layer import Layer
from airstrip.images.oci import blob_path

_LOCK_TIMEOUT = 3600.0
_USE = "use.lock"


class ImageStore:
    """The folder; made by the first build, not by asking what is in it."""

    def __init__(self, cache: Path) -> None:
        self.root = cache.absolute() / "images"

    @property
    def uv_cache(self) -> Path:
        return self.root / "uv"

    @property
    def conda_cache(self) -> Path:
        """Of conda's packages, and of what their channels have."""
        return self.root / "conda"

    def lock(self, key: str) -> Path:
        """Where the resolved packages of this key are, once they were resolved."""
        return self.root / "locks" / f"{key}.lock"

    def keep_lock(self, key: str, resolved: Path) -> Path:
        """Takes a file in `work` as the packages of this key. For nobody else: a URL in it may hold a password."""
        lock = self.lock(key)
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        resolved.replace(lock)
        return lock

    def layout(self, name: str, key: str) -> Path:
        return self.root / "layouts" / f"{name}-{key}"

    def layouts(self, name: str) -> list[Path]:
        """Whole images of this name, of any key."""
        wanted = re.compile(rf"{re.escape(name)}-[0-9a-f]{{12}}")
        return [path for path in self._entries("layouts") if wanted.fullmatch(path.name)]

    def blob(self, layer: Layer) -> Path:
        return blob_path(self.root, layer.digest)

    def layer(self, key: str) -> Layer | None:
        """The layer that these inputs gave, if it is still there."""
        try:
            layer = Layer(**json.loads((self.root / "layers" / f"{key}.json").read_bytes()))
            return layer if self.blob(layer).stat().st_size == layer.size else None
        except (OSError, ValueError, TypeError):
            return None

    def held(self, digest: str) -> Layer | None:
        """The layer of this digest, whatever it was made from."""
        try:
            return Layer(digest, blob_path(self.root, digest).stat().st_size)
        except FileNotFoundError:
            return None

    def keep_layer(self, key: str, layer: Layer, archive: Path) -> None:
        """Takes `archive` (a file in `work`) as what the inputs with this key give."""
        self.blob(layer).parent.mkdir(parents=True, exist_ok=True)
        archive.replace(self.blob(layer))
        record = self.root / "layers" / f"{key}.json"
        record.parent.mkdir(exist_ok=True)
        new = archive.with_name("layer.json")
        new.write_text(json.dumps(asdict(layer)))
        new.replace(record)

    def keep_layout(self, layout: Path, built: Path) -> None:
        """Takes the folder `built` (in `work`) as the image at `layout`, instead of an earlier one."""
        layout.parent.mkdir(parents=True, exist_ok=True)
        if layout.exists():
            layout.rename(built.with_name("replaced"))
        built.rename(layout)

    @contextmanager
    def building(self, name: str, progress: Progress) -> Iterator[Path]:
        """Holds the lock of NAME; gives an empty folder to build in and removes it afterwards."""
        self.root.mkdir(parents=True, exist_ok=True)
        work = self.root / "work" / name
        with _locked(self.root / f"{name}.lock", "a build of the same image", progress.say):
            remove_tree(work)
            work.mkdir(parents=True)
            try:
                yield work
            finally:
                remove_tree(work)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Until its end no prune takes an image away; others may build and land meanwhile."""
        self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root / _USE, "a prune of the images", None, shared=True):
            yield

    @contextmanager
    def unused(self, progress: Progress) -> Iterator[None]:
        """Waits until nobody builds or lands an image, and keeps others from it until its end."""
        self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root / _USE, "a landing or a build of images", progress.say):
            yield

    def prune(self, keep: Collection[Path]) -> int:
        """Removes every layout but those in `keep`, and layers of none; returns the bytes freed.

        Only within `unused`. By the names of blobs, not by their links: an image may hold an
        earlier file of the same layer, and a copied cache has no links.
        """
        freed = 0
        for downloads in (self.uv_cache, self.conda_cache):
            freed += _size(downloads)
            remove_tree(downloads)
        used: set[str] = set()
        for layout in self._entries("layouts"):
            if layout in keep:
                used.update(blob.name for blob in (layout / "blobs" / "sha256").glob("*"))
            else:
                remove_tree(layout)
        for blob in self._entries("blobs/sha256"):
            if blob.name not in used:
                freed += blob.stat().st_size
                blob.unlink()
        for record in self._entries("layers"):
            if self.layer(record.stem) is None:
                record.unlink()
        return freed

    def _entries(self, folder: str) -> list[Path]:
        path = self.root / folder
        return sorted(path.iterdir()) if path.is_dir() else []

    def require_space(self, megabytes: int) -> None:
        """Raises ImageError when the disk has not that much room for a build."""
        free = shutil.disk_usage(self.root).free // 1_000_000
        if free < megabytes:
            raise ImageError(
                "image.no-space",
                f"building the image needs {megabytes} MB of disk, and {self.root} has {free} MB",
                cause="The packages, the image and the files that both are made from lie there together.",
                fix="Free some space, or name another folder in AIRSTRIP_CACHE_DIR.",
            )


@contextmanager
def _locked(path: Path, other: str, say: Callable[[str], None] | None, *, shared: bool = False) -> Iterator[None]:
    """`other` is what else may hold it, in words."""
    end = time.monotonic() + _LOCK_TIMEOUT
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if say:
                    say(f"waiting for {other} by another Airstrip")
                if time.monotonic() > end:
                    raise LockError(
                        "image.locked",
                        f"{other} by another Airstrip has not ended for an hour",
                        fix=f"See what it does: fuser -v {path}",
                    ) from None
                time.sleep(0.5)
        yield


def _size(folder: Path) -> int:
    files = (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    return sum(file.stat().st_size for file in files if not file.is_symlink())


def remove_tree(path: Path) -> None:
    """Removes a folder if it is there. Raises ImageError when something is mounted below it."""
    if not path.exists():
        return
    below = f"{path.resolve()}/"
    for mounted in _mount_points():
        if f"{mounted}/".startswith(below):
            raise ImageError(
                "image.mounted",
                f"{path} cannot be removed: something is mounted at {mounted}",
                cause="A build that was killed may have left it.",
                fix=f"umount '{mounted}'",
            )
    shutil.rmtree(path)


def _mount_points() -> list[str]:
    """Of this machine; the kernel writes a space as \\040."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point) for point in points]
