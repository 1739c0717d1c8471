"""All virtual environments of the cache: which are in use, and taking the others away.

Whoever runs something in one holds its KEY.ok, shared: it may be in a cache that only others write.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from airstrip.events import Emit
from airstrip.images.request import AirflowImageRequest
from airstrip.images.store import remove_tree
from airstrip.images.virtual_environment import (
    VirtualEnvironment,
    ensure_virtual_environment,
    environments_folder,
    is_whole,
    stamp_of,
)


@contextmanager
def virtual_environment(
    request: AirflowImageRequest, cache: Path, uv: Path, emit: Emit
) -> Iterator[VirtualEnvironment]:
    """As `ensure_virtual_environment`; until its end no prune takes it away."""
    while True:
        environment = ensure_virtual_environment(request, cache, uv, emit)
        with _held(environment) as is_held:
            if is_held:
                yield environment
                return


@contextmanager
def _held(environment: VirtualEnvironment) -> Iterator[bool]:
    """Whether it is still there: a prune may have come since it was found."""
    try:
        stamp = stamp_of(environment).open("rb")
    except FileNotFoundError:
        yield False
        return
    with stamp:
        fcntl.flock(stamp, fcntl.LOCK_SH)
        yield is_whole(environment)


def prune_environments(cache: Path, keep: VirtualEnvironment | None) -> int:
    """Removes every environment but `keep` and those in use, and what was made for them; returns the bytes freed.

    Only while nobody makes one.
    """
    folder = environments_folder(cache)
    found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    others = [VirtualEnvironment(path, path.name) for path in found if keep is None or path != keep.folder]
    removed = [_removed(environment) for environment in others]
    if folder.is_dir() and None not in removed and keep is None:
        # Databases as Airflow makes them, which are copied; of another version some seconds' work.
        for file in folder.iterdir():
            file.unlink()
    return sum(filter(None, removed))


def _removed(environment: VirtualEnvironment) -> int | None:
    """Bytes; None for one that is in use."""
    with ExitStack() as held:
        # One that was cut off has none, and so no user. Who looks meanwhile finds none, and makes it anew.
        with suppress(FileNotFoundError):
            file = held.enter_context(stamp_of(environment).open("rb"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            stamp_of(environment).unlink()
        freed = _own_size(environment.folder)
        remove_tree(environment.folder)
    return freed


def _own_size(folder: Path) -> int:
    """Without files that uv's cache, or another environment, has as well."""
    files = (Path(parent, name).lstat() for parent, _, names in os.walk(folder) for name in names)
    return sum(each.st_size for each in files if each.st_nlink == 1)
