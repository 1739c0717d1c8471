"""Layers: a folder's contents as a tar archive that is the same, byte for byte, wherever it is made.

Layers are not compressed. They go from this disk into the container store on the same disk, so a
smaller file saves no transfer, while gzip at its fastest costs 3 s of CPU for the 466 MB of Airflow's
environment when it is written and as much again when it is imported; the price is 340 MB of disk. It
also makes a layer's digest and its diff id the same thing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"

# Every file's time and the image's: 2026-01-01. Wheels and packages carry times of their own, which
# say nothing that a reader of the image needs.
EPOCH = 1767225600

Owner = Callable[[tarfile.TarInfo], None]


@dataclass(frozen=True)
class Layer:
    """A layer as manifests name it; `digest` is also its diff id. `size` in bytes."""

    digest: str
    size: int


class _Digesting:
    """A file that hashes what passes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def write_layer(root: Path, archive: Path, within: str = "", adjust: Owner | None = None) -> Layer:
    """Writes what lies below `root` to `archive`, and returns the layer.

    `within` (such as `opt/airflow/venv`) takes only that folder, with an entry for each folder above
    it: an entry overrides the folder of the layer below, so it must say the same owner and mode.
    `adjust` may change owner and mode of every entry in or below `within`. Sockets and device nodes
    are left out: the container runtime makes its own.
    """
    with archive.open("wb") as file:
        layer = stream_layer(file, _entries(root, within, adjust))
        file.flush()
        os.fsync(file.fileno())
    return layer


def stream_layer(sink: BinaryIO, entries: Iterable[tuple[tarfile.TarInfo, Path]]) -> Layer:
    """Writes entries, each with the file that has its contents, in their order, and returns the layer."""
    digesting = _Digesting(sink)
    with tarfile.open(fileobj=cast(BinaryIO, digesting), mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as tar:
        for info, path in entries:
            _add(tar, path, info)
    return Layer(digesting.digest, digesting.size)


def copy_layer(source: Path, archive: Path) -> Layer:
    """Writes a layer that somebody else made anew, with our time and without names of owners, and returns it."""
    with archive.open("wb") as file:
        digesting = _Digesting(file)
        sink = cast(BinaryIO, digesting)
        with tarfile.open(source) as entries, tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for info in entries:
                info.mtime, info.uname, info.gname = EPOCH, "", ""
                info.pax_headers = {name: text for name, text in info.pax_headers.items() if name.startswith("SCHILY.")}
                tar.addfile(info, entries.extractfile(info) if info.isreg() else None)
        file.flush()
        os.fsync(file.fileno())
    return Layer(digesting.digest, digesting.size)


def _entries(root: Path, within: str, adjust: Owner | None) -> Iterator[tuple[tarfile.TarInfo, Path]]:
    seen: dict[tuple[int, int], str] = {}
    for name in _names(root, within):
        info = _entry(root, name, seen)
        if info is None:
            continue
        if adjust is not None and (name == within or name.startswith(f"{within}/")):
            adjust(info)
        yield info, root / name


def _names(root: Path, within: str) -> Iterator[str]:
    """Paths relative to `root`: the folders above `within`, then everything below, sorted."""
    parts = within.split("/") if within else []
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])
    yield from _below(root, within)


def _below(root: Path, folder: str) -> Iterator[str]:
    with os.scandir(root / folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = f"{folder}/{entry.name}" if folder else entry.name
        yield name
        if entry.is_dir(follow_symlinks=False):
            yield from _below(root, name)


def _entry(root: Path, name: str, seen: dict[tuple[int, int], str]) -> tarfile.TarInfo | None:
    path = root / name
    status = path.lstat()
    info = tarfile.TarInfo(name)
    info.mode = stat.S_IMODE(status.st_mode)
    info.uid, info.gid = status.st_uid, status.st_gid
    info.mtime = EPOCH
    if stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(status.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        first = seen.setdefault((status.st_dev, status.st_ino), name)
        if first == name:
            info.size = status.st_size
        else:
            info.type, info.linkname = tarfile.LNKTYPE, first
    else:
        return None
    return info


def _add(tar: tarfile.TarFile, path: Path, info: tarfile.TarInfo) -> None:
    if info.type == tarfile.REGTYPE:
        with path.open("rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)
