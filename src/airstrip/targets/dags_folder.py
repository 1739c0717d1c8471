"""Whether Airflow's pods can read the user's DAGs folder: they see it with the host's owners and modes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from airstrip.errors import AirstripError
from airstrip.events import Emit, Warned

POD_USER = 50000
_POD_GROUP = 0
_READ, _WRITE, _ENTER = 4, 2, 1
_MOST_LOOKED_AT = 5000
_MOST_TOLD = 3


def check_dags_folder(path: Path) -> None:
    """Raises AirstripError when it is no folder, or one that pods cannot read; its parents do not matter to them."""
    if not path.is_dir():
        raise AirstripError(
            "dags.no-folder",
            f"dags.path is not a folder: {path}",
            cause="It does not exist." if not path.exists() else "It is a file.",
            fix=f"Make it: mkdir -p '{path}'; or correct dags.path in the file.",
        )
    if not _is_open(path.stat(), _READ | _ENTER):
        raise AirstripError(
            "dags.not-readable",
            f"Airflow's pods cannot read {path}",
            cause=f"They run as user 50000 in group 0; the folder's mode is {stat.filemode(path.stat().st_mode)}.",
            fix=f"Let others read it: chmod -R go+rX '{path}'",
        )


def unreadable(folder: Path) -> list[str]:
    """What pods cannot read below the folder, relative to it; of a very large folder only the first part."""
    return [
        str(path.relative_to(folder)) for path in islice(_entries(folder), _MOST_LOOKED_AT) if not _is_readable(path)
    ]


def closed_dags(folder: Path) -> tuple[str, ...]:
    """A few of the paths that pods cannot read, or why they can read nothing."""
    try:
        check_dags_folder(folder)
    except AirstripError as error:
        return (error.cause or error.message,)
    return tuple(unreadable(folder)[:_MOST_TOLD])


def warn_of_unreadable(folder: Path | None, emit: Emit) -> None:
    """Of what pods cannot read below a live folder."""
    closed = unreadable(folder) if folder else []
    if closed:
        more = f" and {len(closed) - _MOST_TOLD} more" if len(closed) > _MOST_TOLD else ""
        message = f"Airflow's pods cannot read {', '.join(closed[:_MOST_TOLD])}{more} in {folder}."
        emit(Warned("dags.not-readable", message, f"Let others read it: chmod -R go+rX '{folder}'"))


def is_writable(facts: os.stat_result) -> bool:
    """Whether pods may make files in a folder."""
    return _is_open(facts, _READ | _WRITE | _ENTER)


def _entries(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield from (Path(root, name) for name in (*folders, *sorted(files)))


def _is_readable(path: Path) -> bool:
    try:
        facts = path.stat()
    except OSError:
        return False
    return _is_open(facts, _READ | _ENTER if stat.S_ISDIR(facts.st_mode) else _READ)


def _is_open(facts: os.stat_result, needed: int) -> bool:
    """By the first class that fits, as the kernel judges: owner, else group, else others."""
    shift = 6 if facts.st_uid == POD_USER else 3 if facts.st_gid == _POD_GROUP else 0
    return facts.st_mode >> shift & needed == needed
