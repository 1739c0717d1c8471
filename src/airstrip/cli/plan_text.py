"""A plan as text."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airstrip.cli.colors import paint
from airstrip.cli.width import fits, fold

_SIGNS = {"add": ("+", "green"), "change": ("~", "yellow"), "replace": ("±", "yellow"), "remove": ("-", "red")}
_WORDS = {"add": "to add", "change": "to change", "replace": "to replace", "remove": "to remove"}

_FILE_ACTIONS = {"added": "add", "changed": "change", "removed": "remove"}
_MOST_FILES = 20


def plan_lines(data: Mapping[str, Any]) -> list[str]:
    """The plan as text: stages with something in them, then a summary."""
    if not data["changed"]:
        return [f"No changes: {data['name']} is as its file says."]
    lines = []
    for stage in data["stages"]:
        lines += _stage(stage)
        if stage["name"] == "dags" and data["dags"]:
            lines += _files((data["dags"]["delivered"] or {}).get("files") or ())
    counts = ", ".join(
        f"{data['counts'][action]} {words}" for action, words in _WORDS.items() if data["counts"][action]
    )
    return [*lines, "", f"{counts or 'Objects are known later'}. Do it: ./airstrip up"]


def _stage(stage: Mapping[str, Any]) -> list[str]:
    if stage["knownAfter"]:
        return [f"{stage['name']}: known after {stage['knownAfter']}"]
    lines = [line for command in stage["commands"] for line in fold(f"  $ {command}", sys.stdout, 6)]
    for change in stage["changes"]:
        lines += _change(change)
    return [f"{stage['name']}:", *lines] if lines else []


def _files(files: Sequence[Mapping[str, str]]) -> list[str]:
    lines = []
    for row in files[:_MOST_FILES]:
        sign, color = _SIGNS[_FILE_ACTIONS[row["change"]]]
        line, *more = fold(f"  {sign} {row['file']}", sys.stdout, 6)
        lines += [line.replace(sign, paint(sign, color, sys.stdout), 1), *more]
    return [*lines, *([f"  and {len(files) - _MOST_FILES} files more"] if len(files) > _MOST_FILES else [])]


def _change(change: Mapping[str, Any]) -> list[str]:
    sign, color = _SIGNS[change["action"]]
    where = f" in {change['namespace']}" if change["namespace"] else ""
    by_hand = f"  (takes back what {', '.join(change['takesBackFrom'])} changed)" if change["takesBackFrom"] else ""
    lines = fold(f"  {sign} {change['kind']} {change['name']}{where}{by_hand}", sys.stdout, 6)
    lines[0] = lines[0].replace(sign, paint(sign, color, sys.stdout), 1)
    for field in change["fields"]:
        lines += _field(field)
    return lines


def _field(field: Mapping[str, Any]) -> list[str]:
    before, after = field["before"], field["after"]
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
        return [f"      {field['path']}:", *(f"        {_painted(line)}" for line in diff)]
    line = f"      {field['path']}: {_value(before)} -> {_value(after)}"
    if fits([line], sys.stdout):
        return [line]
    # Values are shown as they are: what is longer than a line by itself is for the terminal to break.
    below = (f"        {_painted(f'{sign} {_value(value)}')}" for sign, value in (("-", before), ("+", after)))
    return [f"      {field['path']}:", *below]


def _painted(line: str) -> str:
    color = {"+": "green", "-": "red"}.get(line[:1])
    return paint(line, color, sys.stdout) if color else line


def _value(value: Any) -> str:
    return "(none)" if value is None else json.dumps(value)
