"""What doctor looked at, as text; the findings themselves look as those of every verb."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from airstrip.cli.tables import columns, state
from airstrip.cli.width import fold

ALL = "all"
"""Key of the data: list everything that is fine."""
_WORDS = {"ok": "seen", "failed": "failed", "skipped": "skipped"}


def present_doctor(data: Mapping[str, Any]) -> list[str]:
    if "entries" in data:
        return _code(data)
    if "pods" in data:
        return _cleaned(data)
    checked = data["checked"]
    seconds = max((row["seconds"] for row in checked), default=0.0)
    lines = [f"{data['name']}: seen {data['collected']}"]
    if data.get(ALL):
        rows = [(row["name"], state(_WORDS[row["state"]]), f"{row['seconds']:.1f} s", row["detail"]) for row in checked]
        lines += [
            "",
            "looked at",
            *columns(rows),
            "",
            "nothing of these in what was seen",
            *_folded(", ".join(data["fine"])),
        ]
    else:
        names = [_with_detail(row) for row in checked if row["state"] == "ok"]
        lines += _folded(f"seen: {', '.join(names) or 'nothing'} ({seconds:.1f} s)")
        failed = [_with_detail(row) for row in checked if row["state"] == "failed"]
        skipped = [row["name"] for row in checked if row["state"] == "skipped"]
        lines += _folded(f"not seen: {'; '.join([*failed, *skipped])}") if failed or skipped else []
        lines += _folded(f"{len(data['fine'])} rules find nothing in what was seen; ./airstrip doctor --all lists them")
    if "facts" in data:
        said = "Secrets that are known were struck out: read it before you pass it on."
        lines += ["", f"Saved: {data['facts']}. {said}"]
    if "warning" in data:
        lines += ["", *fold(data["warning"], sys.stdout, 0)]
    return lines


def _code(data: Mapping[str, Any]) -> list[str]:
    lines = [str(data["code"])]
    for entry in data["entries"]:
        lines.append("")
        for name, key in (("what", "message"), ("cause", "cause"), ("fix", "fix")):
            if entry[key]:
                lines += fold(f"  {name + ':':<7}{entry[key]}", sys.stdout, 9)
    return lines


def _cleaned(data: Mapping[str, Any]) -> list[str]:
    if not data["pods"]:
        return [f"{data['name']}: no pod outlived its task."]
    rows = [(row["namespace"], row["pod"], row["reason"]) for row in data["pods"]]
    said = f"{data['deleted']} deleted" if data["deleted"] else "none deleted"
    return [f"{data['name']}: {len(rows)} pods outlived their tasks, {said}", *columns(rows)]


def _with_detail(row: Mapping[str, Any]) -> str:
    return f"{row['name']} ({row['detail']})" if row["detail"] else str(row["name"])


def _folded(text: str) -> list[str]:
    return fold(f"  {text}", sys.stdout, 4)
