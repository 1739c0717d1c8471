"""What the verbs on pushed DAG files give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class PushData(TypedDict):
    """`before` was live, None where nothing was; `changed` is false where the folder was live already.

    `commit` is the git work tree's, `dirty` where the folder is not as that has it. `seenSeconds` is None where Airflow
    had nothing to read, or has not read it in time.
    """

    name: str
    folder: str
    revision: str
    before: str | None
    changed: bool
    files: int
    bytes: int
    commit: str | None
    dirty: bool
    pruned: Sequence[str]
    seenSeconds: float | None
    seconds: float


class RevisionData(TypedDict):
    """One time that a revision became the live one; `kept` where one can go back to it."""

    number: int
    revision: str
    at: str
    by: str
    how: Literal["push", "rollback", "up"]
    message: str
    commit: str | None
    dirty: bool
    files: int
    bytes: int
    live: bool
    kept: bool


class RevisionsData(TypedDict):
    name: str
    live: str | None
    revisions: Sequence[RevisionData]


class RollbackData(TypedDict):
    name: str
    revision: str
    before: str | None
    changed: bool
    seenSeconds: float | None


class FileDiffData(TypedDict):
    """`diff` is unified, None for what is no text, is too large, or was not asked for."""

    file: str
    change: Literal["added", "removed", "changed"]
    added: int
    removed: int
    binary: bool
    diff: str | None


class DiffData(TypedDict):
    name: str
    folder: str
    revision: str | None
    changed: bool
    files: Sequence[FileDiffData]
