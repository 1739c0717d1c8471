"""Whether a pod may use what is mounted: `check_volumes.py MODE:FOLDER…`, MODE being `rw` or `ro`. Exit code 1 if not.

It is run as all of Airflow's pods are, user 50000 and group 0, before any of them starts. Of an NFS export the server
decides: with root squash even root is nobody there, so only somebody on the server itself can change its folders.
"""

from __future__ import annotations

import os
import stat
import sys
import uuid
from collections.abc import Iterator

_PROBE = ".airstrip-check-"
_GROUP_MAY = stat.S_IRGRP | stat.S_IWGRP | stat.S_IXGRP


def main(arguments: list[str]) -> int:
    """Prints each trouble in one line, with what to do."""
    troubles = [text for each in arguments for text in find(*each.partition(":")[::2])]
    for text in troubles:
        print(text)
    if not troubles:
        print(f"{len(arguments)} volumes can be used")
    return 1 if troubles else 0


def find(mode: str, folder: str) -> Iterator[str]:
    """What is wrong with one."""
    facts = None
    try:
        facts = os.stat(folder)
        with os.scandir(folder) as items:
            next(items, None)
        if mode == "rw":
            yield from _write(folder)
    except PermissionError:
        # A server that squashes, or has another security flavour, may not even say whose it is.
        owner = _owner(facts) if facts else "whose it is its server does not say"
        yield f"{folder} is closed: {owner}, and pods are {_who()}. {_fix(folder)}"
    except OSError as error:
        yield f"{folder} cannot be used: {error.strerror}. See that its server runs and that the export is right."


def _write(folder: str) -> Iterator[str]:
    """What one pod makes, another one of the same group must be able to write to."""
    path = os.path.join(folder, f"{_PROBE}{uuid.uuid4().hex}")
    os.umask(0o002)
    os.mkdir(path)
    try:
        with open(os.path.join(path, "file"), "w+", encoding="ascii") as file:
            file.write("written")
            file.flush()
            file.seek(0)
            if file.read() != "written":
                yield f"{folder} does not give back what is written. See the log of its server."
        made = os.stat(path)
        if made.st_gid not in _groups() or made.st_mode & _GROUP_MAY != _GROUP_MAY:
            yield f"{folder}: what a pod makes there belongs to {_owner(made)}, closed to other pods. {_fix(folder)}"
    finally:
        for name in ("file", ""):
            _remove(os.path.join(path, name) if name else path)


def _remove(path: str) -> None:
    try:
        if os.path.isdir(path):
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        # What is left says so by its name, and is a few bytes.
        return


def _owner(facts: os.stat_result) -> str:
    return f"user {facts.st_uid}, group {facts.st_gid}, mode {stat.S_IMODE(facts.st_mode):o}"


def _who() -> str:
    return f"user {os.geteuid()} with groups {', '.join(map(str, sorted(_groups())))}"


def _groups() -> set[int]:
    """The effective one may be none of the others."""
    return {os.getegid(), *os.getgroups()}


def _fix(folder: str) -> str:
    """By the user, which a server that squashes root leaves as it is; the group 0 it may not."""
    owner = f"{os.geteuid()}:0"
    return f"On the server: chown {owner} FOLDER && chmod 2775 FOLDER, of the folder that {folder} is."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
