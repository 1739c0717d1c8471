"""From what was written of DAGs to what the compiler reads of them."""

from __future__ import annotations

import os
from pathlib import Path

from airstrip.spec.git import DEFAULT_USERNAME, GitFile
from airstrip.spec.models import DagsFile
from airstrip.spec.resolved import Dags, GitBundle

_FILE = "file:"
DEFAULT_BRANCH = "HEAD"
"""As git calls whatever the repository's own default is."""


def resolve_dags(written: DagsFile | None, folder: Path) -> Dags:
    """`folder` is the file's: paths are relative to it."""
    if written is None:
        return Dags()
    git = () if written.git is None else written.git.all
    return Dags(
        path=None if written.path is None else _absolute(folder, written.path),
        git=tuple(_bundle(each, folder) for each in git),
    )


def _bundle(written: GitFile, folder: Path) -> GitBundle:
    return GitBundle(
        name=written.name,
        repo=written.repo,
        ref=_ref(written),
        path=written.path or "",
        refresh=written.refresh,
        username=written.username or DEFAULT_USERNAME,
        token=_anchored(written.token, folder),
        ssh_key=_anchored(written.ssh_key, folder),
        known_hosts=_anchored(written.known_hosts, folder),
        ca_cert=_anchored(written.ca_cert, folder),
    )


def _ref(written: GitFile) -> str:
    """A tag by its full name: a branch may have the same."""
    if written.tag is not None:
        return f"refs/tags/{written.tag}"
    return written.branch or written.commit or DEFAULT_BRANCH


def _anchored(text: str | None, folder: Path) -> str:
    """A reference to a file by its absolute path; everything else as it is."""
    if text is None or not text.startswith(_FILE):
        return text or ""
    return f"{_FILE}{_absolute(folder, text.removeprefix(_FILE))}"


def _absolute(folder: Path, path: str) -> Path:
    # Not resolve(): a link that is switched to a new release is to be followed then, not now.
    return Path(os.path.normpath((folder / path).absolute()))
