"""A folder of DAG files as a layer: the same bytes from the same files, whoever has them, and whenever they were saved.

Owners, times and modes are the layer's own, but for who may run a file. So pods can read what only its author could.
"""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from airstrip.errors import ImageError
from airstrip.images.layer import EPOCH, Layer, stream_layer

DAGS_DIR = "opt/airflow/dags"


@dataclass(frozen=True)
class DagsRequest:
    """What is in the layer: `files`, relative to `folder`, are files and links. `copy_of` is who that is a copy of."""

    folder: Path
    files: tuple[str, ...]
    copy_of: Path | None = None

    @property
    def place(self) -> Path:
        """As users know it."""
        return self.copy_of or self.folder


def write_dags_layer(request: DagsRequest, sink: BinaryIO, above: dict[str, tuple[int, int, int]]) -> Layer:
    """`above` are owner, group and mode of the folders around DAGS_DIR. Raises ImageError for what cannot be read."""
    try:
        return stream_layer(sink, _entries(request, above))
    except OSError as error:
        raise ImageError(
            "dags.not-readable",
            f"{error.filename or request.place} cannot be read: {error.strerror or error}",
            cause="It is another user's, or is being written just now.",
            fix=f"Let whoever runs Airstrip read it: chmod -R u+rX '{request.place}'; then run this again.",
        ) from error


def _entries(request: DagsRequest, above: dict[str, tuple[int, int, int]]) -> Iterator[tuple[tarfile.TarInfo, Path]]:
    for name, (owner, group, mode) in above.items():
        info = _folder(name, mode)
        info.uid, info.gid = owner, group
        yield info, request.folder
    yield _folder(DAGS_DIR), request.folder
    folders = {str(parent) for name in request.files for parent in PurePosixPath(name).parents} - {"."}
    for name in sorted({*folders, *request.files}, key=lambda each: each.split("/")):
        path = request.folder / name
        yield _folder(f"{DAGS_DIR}/{name}") if name in folders else _file(f"{DAGS_DIR}/{name}", path), path


def _folder(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, mode, EPOCH
    return info


def _file(name: str, path: Path) -> tarfile.TarInfo:
    """Each with its own contents: what is one file by two names here may be two on the next machine."""
    status = path.lstat()
    info = tarfile.TarInfo(name)
    info.mtime = EPOCH
    if stat.S_ISLNK(status.st_mode):
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
    else:
        info.size, info.mode = status.st_size, 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return info
