"""Which commit a folder is of, where it is in a git work tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airstrip.errors import CommandError
from airstrip.process import Command, run

_SECONDS = 20.0
# Only reads: no index is refreshed, no program of the repository's is asked what changed.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")


@dataclass(frozen=True)
class Tree:
    """`dirty`: the folder is not as the commit has it."""

    commit: str
    dirty: bool


def tree_of(folder: Path) -> Tree | None:
    """None where there is no git, no commit, or none that has anything of the folder."""
    try:
        commit = _git(folder, "rev-parse", "--verify", "HEAD")
        if not _git(folder, "ls-tree", "HEAD", "--", "."):
            return None
        return Tree(commit, bool(_git(folder, "status", "--porcelain", "--", ".")))
    except CommandError:
        return None


def _git(folder: Path, *arguments: str) -> str:
    return run(Command([*_GIT, "-C", str(folder), *arguments]), timeout=_SECONDS).stdout.strip()
