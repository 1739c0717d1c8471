"""The folder that projects keep their data in: written by pods and by whoever landed the deployment."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from airstrip_pods.conventions import DATA_GROUP, DATA_MODE

_UMASK = 0o777 & ~DATA_MODE


def ensure_data(shared: Path, projects: Iterable[str], owner: int | None) -> None:
    """The folder of all projects and one for each, in one that only root and the group of `owner` may enter.

    They are the owner's, a user's id, and of the pods' group, so both write; kubelet finds them as fsGroup wants
    them, and changes nothing in them. The one around them is root's: nobody puts another in its place.
    """
    shared.parent.mkdir(exist_ok=True)
    os.chown(shared.parent, 0, _group_of(owner))
    shared.parent.chmod(0o750)
    shared.mkdir(exist_ok=True)
    os.chown(shared, -1 if owner is None else owner, DATA_GROUP)
    shared.chmod(DATA_MODE)
    for project in projects:
        ensure_project_folder(shared, project)


def ensure_project_folder(shared: Path, project: str) -> None:
    """One that is there is left as it is. The group is the shared folder's; nobody but root could give it one."""
    before = os.umask(_UMASK)
    try:
        (shared / project).mkdir()
    except FileExistsError:
        return
    finally:
        os.umask(before)
    if os.geteuid() == 0:
        os.chown(shared / project, shared.stat().st_uid, -1, follow_symlinks=False)


def _group_of(owner: int | None) -> int:
    """-1, which changes nothing, without an owner; root's for one without a name."""
    if owner is None:
        return -1
    try:
        return pwd.getpwuid(owner).pw_gid
    except KeyError:
        return 0
