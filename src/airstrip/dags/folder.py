"""A folder of DAG files: what is in it, as a hash and as an archive."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from airstrip.dags.revisions import entries

# Airflow looks only into files that have both, in whatever case.
_WORDS = (b"airflow", b"dag")
_POINTER = b"version https://git-lfs.github.com/spec/v1"
_POINTER_BYTES = 1024
"""The most that one has: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""
_COMPRESSION = 1


def holds_dags(folder: Path) -> bool:
    """Whether any file may define a DAG, in Airflow's own judgement."""
    return any(True for _ in may_hold_dags(folder))


def may_hold_dags(folder: Path) -> Iterator[Path]:
    """The files that Airflow looks into, but for what .airflowignore names."""
    return filter(may_hold_dag, entries(folder))


def find_pointers(folder: Path) -> tuple[str, ...]:
    """Files that are git LFS's pointers, by their paths: what they stand for is elsewhere."""
    return tuple(str(path.relative_to(folder)) for path in entries(folder) if _is_pointer(path))


def _is_pointer(path: Path) -> bool:
    with suppress(OSError):
        return path.stat().st_size < _POINTER_BYTES and path.read_bytes().startswith(_POINTER)
    return False


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
    """An archive with the folder as `dags` and a program's files as `program`; without a file that goes meanwhile."""
    with tarfile.open(fileobj=into, mode="w:gz", compresslevel=_COMPRESSION, dereference=False) as archive:
        for top, root in (("program", program), ("dags", folder)):
            for path in entries(root):
                with suppress(FileNotFoundError):
                    archive.add(path, f"{top}/{path.relative_to(root)}", recursive=False)


def may_hold_dag(path: Path) -> bool:
    """As Airflow judges by a file's name and words."""
    with suppress(OSError):
        if path.suffix == ".zip":
            return True
        content = path.read_bytes().lower() if path.suffix == ".py" else b""
        return all(word in content for word in _WORDS)
    return False
