"""A folder of DAG files on its way into the deployment's volume or image: what hinders it, a still copy, an archive."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from airstrip.dags.revisions import entries

MOST_FILES = 20_000
MOST_MIB = 256
_COMPRESSION = 1
_MIB = 1 << 20


def hindrances(folder: Path) -> list[str]:
    """Why the folder cannot be sent, each with its place; empty where it can. Looks, and changes nothing."""
    found, size, count = _closed_folders(folder), 0, 0
    root, sent = folder.resolve(), list(entries(folder))
    names = {path.relative_to(folder) for path in sent}
    for path in sent:
        count += 1
        name = str(path.relative_to(folder))
        if problem := _problem(path, root, names):
            found.append(f"{_printable(name)}: {problem}")
        else:
            size += path.lstat().st_size
    if count > MOST_FILES:
        found.append(f"it has {count} files, and {MOST_FILES} is the most")
    if size > MOST_MIB * _MIB:
        found.append(f"its files have {size / _MIB:.0f} MiB, and {MOST_MIB} MiB is the most: keep data out of it")
    return found


def _closed_folders(folder: Path) -> list[str]:
    found: list[str] = []

    def note(error: OSError) -> None:
        place = os.path.relpath(error.filename, folder)
        found.append(f"{_printable(place)}: the folder cannot be read: {error.strerror}")

    for _ in os.walk(folder, onerror=note):
        pass
    return found


def _problem(path: Path, root: Path, names: Collection[Path]) -> str:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if path.is_symlink():
        return _problem_of_link(path, root, names)
    try:
        path.open("rb").close()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _problem_of_link(path: Path, root: Path, names: Collection[Path]) -> str:
    target = path.readlink()
    if target.is_absolute():
        return f"a link to {_printable(str(target))}: in the deployment that is another place"
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return f"a link to {_printable(str(target))}, which is not there"
    if not resolved.is_relative_to(root):
        return f"a link to {_printable(str(target))}, outside of the folder"
    if resolved.is_dir():
        # Its walk calls a folder that it meets twice a loop, and the DAG processor ends.
        return f"a link to {_printable(str(target))}, a folder: Airflow takes one that it meets twice for a loop"
    if resolved.relative_to(root) not in names:
        return f"a link to {_printable(str(target))}, which is left out"
    return ""


def _printable(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="replace")


@contextmanager
def snapshot(folder: Path) -> Iterator[Path]:
    """A copy: what is checked is what is sent, whoever saves a file meanwhile. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="airstrip-dags-") as scratch:
        copy = Path(scratch) / "dags"
        copy.mkdir()
        for path in entries(folder):
            place = copy / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place, follow_symlinks=False)
        yield copy


def archive(folder: Path, into: IO[bytes]) -> None:
    """The files alone: nobody's, of no time, and open to all as git has them, so that every pod can read them."""
    with tarfile.open(fileobj=into, mode="w:gz", compresslevel=_COMPRESSION) as files:
        for path in entries(folder):
            files.add(path, str(path.relative_to(folder)), recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o755 if member.mode & stat.S_IXUSR else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
