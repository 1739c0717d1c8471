"""A folder of DAG files: what is in it, as a hash and as an archive."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_LEFT_OUT = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
# Airflow looks only into files that have both, in whatever case.
_WORDS = (b"airflow", b"dag")
_COMPRESSION = 1


def entries(folder: Path) -> Iterator[Path]:
    """Files and links below a folder, in order; not what Python and other tools leave there."""
    for root, folders, files in os.walk(folder):
        for name in sorted(name for name in folders if name not in _LEFT_OUT):
            if Path(root, name).is_symlink():
                yield Path(root, name)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        yield from (Path(root, name) for name in sorted(files) if _is_file(Path(root, name)))


def _is_file(path: Path) -> bool:
    """Not a socket or a pipe, which would be waited for."""
    with suppress(OSError):
        mode = path.lstat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
    return False


def content_key(folder: Path) -> str:
    """Stands for the names and contents of all that the folder holds."""
    found = hashlib.sha256()
    for path in entries(folder):
        found.update(f"{path.relative_to(folder)}\0".encode(errors="surrogateescape"))
        if path.is_symlink():
            found.update(os.fsencode(path.readlink()))
        else:
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def holds_dags(folder: Path) -> bool:
    """Whether any file may define a DAG, in Airflow's own judgement."""
    return any(_may_hold_dag(path) for path in entries(folder))


def written_names(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that stand in a Python file, in quotes or after a dot."""
    wanted = sorted(names, key=len, reverse=True)
    if not wanted:
        return frozenset()
    written = re.compile(rf"""["'.]({"|".join(map(re.escape, wanted))})(?!\w)""")
    found: set[str] = set()
    for path in entries(folder):
        if path.suffix == ".py":
            with suppress(OSError):
                found.update(written.findall(path.read_text(errors="replace")))
    return frozenset(found)


def pack(folder: Path, program: Path, into: IO[bytes]) -> None:
    """An archive with the folder as `dags` and a program's files as `program`."""
    with tarfile.open(fileobj=into, mode="w:gz", compresslevel=_COMPRESSION, dereference=False) as archive:
        for top, root in (("program", program), ("dags", folder)):
            for path in entries(root):
                archive.add(path, f"{top}/{path.relative_to(root)}", recursive=False)


def _may_hold_dag(path: Path) -> bool:
    with suppress(OSError):
        if path.suffix == ".zip":
            return True
        content = path.read_bytes().lower() if path.suffix == ".py" else b""
        return all(word in content for word in _WORDS)
    return False
