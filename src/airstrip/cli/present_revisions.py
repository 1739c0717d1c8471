"""What the verbs on pushed DAG files answer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from airstrip.cli.colors import paint
from airstrip.cli.tables import columns
from airstrip.cli.width import fits

_SHORT = 12
_COMMIT = 8
_MARKS = {"added": "+", "removed": "-", "changed": "~"}
_COLORS = {"+": "green", "-": "red", "~": "yellow"}


def present_push(data: Mapping[str, Any]) -> list[str]:
    revision = data["revision"][:_SHORT]
    if not data["changed"]:
        return [f"{data['folder']} is live already, as revision {revision}: nothing was pushed."]
    return [f"{data['folder']} is live as revision {revision}{_seen(data)}."]


def present_rollback(data: Mapping[str, Any]) -> list[str]:
    revision = data["revision"][:_SHORT]
    if not data["changed"]:
        return [f"Revision {revision} is live already."]
    return [f"Revision {revision} is live again{_seen(data)}, in place of {data['before'][:_SHORT]}."]


def _seen(data: Mapping[str, Any]) -> str:
    return "" if data["seenSeconds"] is None else f", read by Airflow after {data['seenSeconds']:.0f} s"


def present_history(data: Mapping[str, Any]) -> list[str]:
    rows = data["revisions"]
    if not rows:
        return [f"{data['name']}: nothing was pushed yet"]
    full = [_line(row) for row in rows]
    table = columns(full)
    # Where there is no room, without who it was.
    shown = table if fits(table, sys.stdout) else columns([(*row[:3], *row[4:]) for row in full])
    return [f"{data['name']}: {data['live'][:_SHORT]} is live", *shown]


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    state = "live" if row["live"] else "" if row["kept"] else "not kept"
    commit = f"{row['commit'][:_COMMIT]}{', changed' if row['dirty'] else ''}" if row["commit"] else ""
    words = ": ".join(text for text in (row["how"], row["message"]) if text)
    return row["revision"][:_SHORT], row["at"][:16].replace("T", " "), state, row["by"], commit, words


def present_diff(data: Mapping[str, Any]) -> list[str]:
    against = f"revision {data['revision'][:_SHORT]}" if data["revision"] else "nothing, for nothing was pushed yet"
    if not data["changed"]:
        return [f"{data['folder']} is as {against}."]
    texts = [file["diff"] for file in data["files"]]
    if any(texts):
        return [line for file in data["files"] for line in _of_file(file)]
    rows = [(_mark(file["change"]), file["file"], _count(file)) for file in data["files"]]
    return [f"{data['folder']} against {against}:", *columns(rows)]


def _of_file(file: Mapping[str, Any]) -> list[str]:
    if not file["diff"]:
        return [f"{_mark(file['change'])} {file['file']}: {_count(file)}"]
    return [_painted(line, number) for number, line in enumerate(str(file["diff"]).splitlines())]


def _painted(line: str, number: int) -> str:
    """The first two name the file."""
    return paint(line, _COLORS[line[0]], sys.stdout) if number > 1 and line[:1] in ("+", "-") else line


def _mark(change: str) -> str:
    return paint(_MARKS[change], _COLORS[_MARKS[change]], sys.stdout)


def _count(file: Mapping[str, Any]) -> str:
    if file["binary"]:
        return f"{file['change']}, not shown: it is no text, or too large"
    if not file["added"] and not file["removed"]:
        return f"{file['change']}: no line of it"
    return f"{file['change']}, {file['added']} lines more, {file['removed']} less"
