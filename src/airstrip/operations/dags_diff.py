"""What a push would change: a folder of DAG files against the live revision, or another one."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from airstrip.answers import DiffData, FileDiffData
from airstrip.dags import fingerprints
from airstrip.events import Emit
from airstrip.operations.dags_still import still
from airstrip.operations.pushed_dags import find_revision, folder_to_send, opened, require_pushed
from airstrip.operations.session import Session
from airstrip.result import Result

_MOST_BYTES = 1 << 20
_Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class _Side:
    """A folder's files: what stands for each, and contents; None for one that is too large to be shown."""

    marks: Mapping[str, str]
    contents: Mapping[str, bytes | None]


def diff_dags(
    session: Session,
    path: Path | None,
    revision: str | None,
    emit: Emit,
    *,
    stat: bool = False,
    exit_code: bool = False,
) -> Result[DiffData]:
    """From the revision to the folder, which is the file's where none is named.

    With `stat` only which files, and how many lines. Exit code 3 with differences where `exit_code` asks for it.
    """
    require_pushed(session.spec, "diff")
    folder = folder_to_send(session.spec, path)
    _ = session.platform
    with still(folder) as held, opened(session, emit, writes=False) as volume:
        here = fingerprints(held)
        state = volume.state()
        against = find_revision(state, revision) if revision else state.live
        there = volume.fingerprints(against) if against else {}
        differing = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
        names = [name for name in differing if name in there]
        old = _Side(there, volume.read(against, names, _MOST_BYTES) if against and names else {})
        new = _Side(here, {name: _content(held / name) for name in differing if name in here})
    files = [_row(name, old, new, stat=stat) for name in differing]
    data: DiffData = {
        "name": session.spec.name,
        "folder": str(folder),
        "revision": against,
        "changed": bool(files),
        "files": files,
    }
    return Result("dags diff", data, exit_code=3 if exit_code and files else 0)


def _content(path: Path) -> bytes | None:
    """A link's target is its content."""
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return path.read_bytes() if path.stat().st_size <= _MOST_BYTES else None


def _row(name: str, old: _Side, new: _Side, *, stat: bool) -> FileDiffData:
    change: _Change = "added" if name not in old.marks else "removed" if name not in new.marks else "changed"
    lines = _unified(name, change, old, new)
    shown = lines or []
    return {
        "file": name,
        "change": change,
        "added": sum(line.startswith("+") for line in shown[2:]),
        "removed": sum(line.startswith("-") for line in shown[2:]),
        "binary": lines is None,
        "diff": None if stat or lines is None else "".join(f"{line}\n" for line in lines),
    }


def _unified(name: str, change: _Change, old: _Side, new: _Side) -> list[str] | None:
    """As a unified diff; None where it is not text, or too large. Empty where only the mode is another."""
    texts = [_lines(side, name) for side in (old, new)]
    if None in texts:
        return None
    before, after = (text or [] for text in texts)
    sides = ("/dev/null" if change == "added" else f"a/{name}", "/dev/null" if change == "removed" else f"b/{name}")
    return [line.rstrip("\n") for line in difflib.unified_diff(before, after, *sides)]


def _lines(side: _Side, name: str) -> Sequence[str] | None:
    """None for what is not text."""
    if name not in side.marks:
        return []
    content = side.contents[name]
    try:
        return None if content is None or b"\0" in content else content.decode().splitlines(keepends=True)
    except UnicodeDecodeError:
        return None
