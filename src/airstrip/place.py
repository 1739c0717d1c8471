"""What a place says of itself when something is wrong: plain values, so that diagnosis knows no place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PartFact:
    """A program that the place runs; `log` are its last lines, only where it is not well."""

    name: str
    state: str
    restarts: int = 0
    log: Sequence[str] = ()


@dataclass(frozen=True)
class DiskFact:
    """A folder's file system; `free` and `total` in bytes, `needed` what must stay free of it."""

    purpose: str
    path: str
    free: int
    total: int
    needed: int = 0


@dataclass(frozen=True)
class FolderFact:
    """A folder of this machine that pods see; `closed` are the paths that they cannot read or write, a few of them."""

    purpose: str
    path: str
    closed: Sequence[str] = ()


@dataclass(frozen=True)
class PlaceFact:
    """`state` is `ready`, `starting`, `failing` or `stopped`; `lacks` what this machine has not got, in words."""

    place: str
    state: str
    parts: Sequence[PartFact] = ()
    disks: Sequence[DiskFact] = ()
    folders: Sequence[FolderFact] = ()
    lacks: Sequence[str] = ()
