"""The host folder behind the volume of DAGs: one for each way in which they come.

What runs has its own until the release rolls, whatever the file says by then.
"""

from __future__ import annotations

import os
from pathlib import Path

from airstrip.embedded import NodeConfig
from airstrip.spec import Spec
from airstrip.targets.dags_folder import POD_USER

_LIVE = "dags"


def dags_folder(spec: Spec, config: NodeConfig) -> Path:
    """For a live folder it is a link: a volume's own path can never change, and the file's may."""
    own = spec.dags.claim
    return config.state_dir / _LIVE if own == _LIVE else config.volumes_dir / own


def ensure_dags(spec: Spec, config: NodeConfig) -> None:
    """A link that is there leads where it did: see `switch_dags`."""
    folder = dags_folder(spec, config)
    if spec.dags.claim != _LIVE:
        ensure_group_folder(folder)
    elif not folder.is_symlink():
        switch_dags(spec, config)


def switch_dags(spec: Spec, config: NodeConfig) -> None:
    """From one moment to the next."""
    if spec.dags.claim != _LIVE:
        return
    empty = config.volumes_dir / _LIVE
    if spec.dags.live_folder is None:
        empty.mkdir(mode=0o755, exist_ok=True)
    link = dags_folder(spec, config)
    fresh = link.with_name(f"{_LIVE}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(spec.dags.live_folder or empty)
    fresh.replace(link)


def ensure_group_folder(folder: Path) -> None:
    """One that pods write, whichever user they have: their group is root's."""
    folder.mkdir(exist_ok=True)
    os.chown(folder, POD_USER, 0)
    folder.chmod(0o2775)
