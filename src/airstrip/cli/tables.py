"""Words and columns of a verb's answer, for people: 80 columns, no Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from airstrip.cli.colors import paint, width_of

_GOOD = frozenset({"healthy", "success", "running", "ready", "done", "proved"})
_BAD = frozenset({"degraded", "failed", "failing", "incomplete", "stopped", "unhealthy", "upstream_failed"})


def state(value: object) -> str:
    """A state in its colour."""
    word = plain(value)
    if word in _GOOD:
        return paint(word, "green", sys.stdout)
    return paint(word, "red", sys.stdout) if word in _BAD else word


def plain(value: object) -> str:
    """A JSON value as a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned, indented lines; a colour takes no room."""
    if not rows:
        return []
    widths = [max(width_of(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [("  " + "  ".join(map(_padded, row, widths))).rstrip() for row in rows]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - width_of(cell))
