"""What `verify` has proved, as a table that fits a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airstrip.cli.tables import state
from airstrip.cli.width import fold


def present_verify(data: Mapping[str, Any]) -> list[str]:
    rows = data["properties"]
    counts = [
        f"{sum(row['state'] == word for row in rows)} {words}"
        for word, words in (("proved", "proved"), ("failed", "failed"), ("not-applicable", "not applicable"))
    ]
    lines = [f"{data['name']}: {', '.join(counts)}, in {data['seconds']} s", "", *_table(rows)]
    limits = dict.fromkeys(limit for row in rows for limit in row["limits"])
    if limits:
        lines += [
            "",
            "what holds all the same",
            *(line for limit in limits for line in fold(f"  {limit}", sys.stdout, 2)),
        ]
    lines += ["", *fold(f"what stays: {data['stays']}", sys.stdout, 2)]
    return lines


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The last column is broken between words, beneath itself; the state gets its colour when all has its place."""
    if not rows:
        return []
    names = max(len(row["property"]) for row in rows)
    states = max(len(row["state"]) for row in rows)
    lines = []
    for row in rows:
        begin = f"  {row['property']:<{names}}  "
        text = f"{begin}{row['state']:<{states}}  {row['text']}"
        first, *rest = fold(text, sys.stdout, len(begin) + states + 2)
        end = len(begin) + len(row["state"])
        lines += [first[: len(begin)] + state(first[len(begin) : end]) + first[end:], *rest]
    return lines
