"""One Airstrip at a time on a deployment, also before there is a cluster that could hold a Lease.

The kernel frees the lock when its process ends, however it ends, so it cannot go stale. Its holder may
remove the file, and the folder. Root writes it, so nobody else may say what it is: neither the folder
nor the file may be another user's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from airstrip.errors import LockError

_WAIT_SECONDS = 2.0


@contextmanager
def file_lock(path: Path, deployment: str) -> Iterator[None]:
    """Holds `path` locked; makes its folder.

    Raises LockError, naming the holder, when another keeps it for two seconds; and where the file
    cannot be made, or somebody else could have.
    """
    descriptor = _acquire(path, deployment)
    try:
        # What it says is for people; a full disk does not make the lock weaker.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path, deployment: str) -> int:
    """The descriptor of the locked file."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        late = time.monotonic() > deadline
        try:
            descriptor = _open(path)
        except OSError as error:
            # Its folder was just removed by who held it; anything else is for good.
            if isinstance(error, FileNotFoundError) and not late:
                continue
            raise _no_folder(path, error) from error
        try:
            if _lock(descriptor, path):
                return descriptor
            holder = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if late:
            raise _held(path, deployment, holder)
        time.sleep(0.1)


def _open(path: Path) -> int:
    """The file's descriptor. Once its folder is known to be ours, nobody can change what lies in there."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not _is_ours(os.fstat(folder)):
            raise _unsafe(path)
        return _open_in(folder, path)
    finally:
        os.close(folder)


def _open_in(folder: int, path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        # For nobody else to open: whoever has the file open may hold its lock, and keep us out.
        descriptor = os.open(path.name, flags, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _unsafe(path) from error
        raise
    status = os.fstat(descriptor)
    # A file without a name was removed by its holder a moment ago: `_lock` sees that.
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or not _is_ours(status):
        os.close(descriptor)
        raise _unsafe(path)
    return descriptor


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & stat.S_IWOTH


def _lock(descriptor: int, path: Path) -> bool:
    """Whether we hold it now, and it is still the file that others would open."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        raise _no_folder(path, error) from error


def _held(path: Path, deployment: str, holder: str) -> LockError:
    return LockError(
        "lock.held",
        f"another Airstrip is at work on {deployment}",
        cause=f"{path} is locked by {holder or 'a process that just began'}.",
        fix="Wait for it to end, or interrupt it with Ctrl-C, then run this again.",
    )


def _no_folder(path: Path, error: OSError) -> LockError:
    return LockError(
        "lock.no-folder",
        f"the lock {path} cannot be made: {error.strerror}",
        cause="This user may not write there, or its disk is full, read-only or knows no locks.",
        fix="Run the same command as root, or with sudo; or name another folder in AIRSTRIP_RUN_DIR "
        "(of the node's programs: AIRSTRIP_CACHE_DIR).",
    )


def _unsafe(path: Path) -> LockError:
    return LockError(
        "lock.unsafe-folder",
        f"the lock {path} may be another user's",
        cause="Its folder or the file belongs to another user, is open for everybody to write, or the file "
        "is a link: what is written there could land in another file.",
        fix=f"See who made it, then: rm {path}; chown {os.geteuid()} {path.parent}; chmod o-w {path.parent}. Or "
        "name another folder in AIRSTRIP_RUN_DIR (of the node's programs: AIRSTRIP_CACHE_DIR).",
    )
