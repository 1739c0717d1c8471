"""The folders behind the deployment's volumes, where they are on this machine: whether pods may read and write."""

from __future__ import annotations

import stat
from pathlib import Path

from airstrip.diagnose.airflow.facts import FolderFact

POD_USER = 50000
_POD_GROUP = 0
_READ, _WRITE, _ENTER = 4, 2, 1


def folder_fact(purpose: str, path: str) -> FolderFact:
    try:
        facts = Path(path).stat()
    except OSError:
        return FolderFact(purpose, path, present=False)
    if not stat.S_ISDIR(facts.st_mode):
        return FolderFact(purpose, path, present=False, mode=stat.filemode(facts.st_mode))
    # By the first class that fits, as the kernel judges: owner, else group, else others.
    shift = 6 if facts.st_uid == POD_USER else 3 if facts.st_gid == _POD_GROUP else 0
    allowed = facts.st_mode >> shift
    return FolderFact(
        purpose,
        str(Path(path).resolve()),
        present=True,
        readable=allowed & (_READ | _ENTER) == _READ | _ENTER,
        writable=allowed & (_WRITE | _ENTER) == _WRITE | _ENTER,
        mode=stat.filemode(facts.st_mode),
    )
