"""What is in a Debian system, as a value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from airstrip.images.oci import architecture

SUITE = "bookworm"

# Raise it when the code of system.py or rootfs.py makes other bytes of the same recipe.
_FORMAT = 1


@dataclass(frozen=True)
class Account:
    """A user; its group is made too unless `gid` is 0. `home` is not made."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True)
class Folder:
    path: str
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True)
class SystemRecipe:
    """Everything that decides what is in a system layer, but for the state of the mirror.

    `seeds` are files that are there before packages are configured, `files` come after (path to
    text; executable where it starts with #!); `removals` are glob patterns; `python_folders` are
    compiled. Paths are relative to the root.
    """

    packages: tuple[str, ...]
    accounts: tuple[Account, ...] = ()
    folders: tuple[Folder, ...] = ()
    seeds: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    removals: tuple[str, ...] = ()
    python_folders: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A hash of the recipe: the name under which the layer is kept until a refresh is asked for."""
        inputs = {"format": _FORMAT, "suite": SUITE, "architecture": architecture(), **asdict(self)}
        return f"system-{hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]}"
