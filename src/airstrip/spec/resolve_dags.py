"""From what was written of DAGs to what the compiler reads of them."""

from __future__ import annotations

import os
from pathlib import Path

from airstrip.spec.git import DEFAULT_USERNAME, GitFile
from airstrip.spec.git_sync import GitSyncFile
from airstrip.spec.models import DagsFile
from airstrip.spec.resolved import Dags, GitBundle, GitSync

DEFAULT_BRANCH = "HEAD"
"""As git calls whatever the repository's own default is."""


def resolve_dags(written: DagsFile | None, folder: Path) -> Dags:
    """`folder` is the file's: paths are relative to it."""
    if written is None:
        return Dags()
    git = () if written.git is None else written.git.all
    if written.volume is not None:
        sent = written.volume.path
        return Dags(path=sent and _absolute(folder, sent), pushed=True, keep=written.volume.keep)
    return Dags(
        path=None if written.path is None else _absolute(folder, written.path),
        git=tuple(map(_bundle, git)),
        in_image=written.image is not None,
        baked=_absolute(folder, written.image.path) if written.image and written.image.path else None,
    )


def _bundle(written: GitFile) -> GitBundle:
    return GitBundle(
        name=written.name,
        repo=written.repo,
        ref=_ref(written),
        path=written.path or "",
        refresh=written.refresh,
        username=written.username or DEFAULT_USERNAME,
        token=written.token or "",
        ssh_key=written.ssh_key or "",
        known_hosts=written.known_hosts or "",
        ca_cert=written.ca_cert or "",
        sync=_sync(written.sync or GitSyncFile()) if written.via == "sync" else None,
    )


def _sync(written: GitSyncFile) -> GitSync:
    return GitSync(
        image=written.image or "",
        depth=written.depth,
        submodules=written.submodules,
        keep_hours=written.keep_hours,
        webhook=written.webhook or "",
    )


def _ref(written: GitFile) -> str:
    """A tag by its full name: a branch may have the same."""
    if written.tag is not None:
        return f"refs/tags/{written.tag}"
    return written.branch or written.commit or DEFAULT_BRANCH


def _absolute(folder: Path, path: str) -> Path:
    # Not resolve(): a link that is switched to a new release is to be followed then, not now.
    return Path(os.path.normpath((folder / path).absolute()))
