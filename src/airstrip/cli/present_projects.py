"""What the verbs of `project` answer, as text. Of a secret there is its name, and where its value came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.cli.tables import columns

_SHOWN = 60


def present_list(data: Mapping[str, Any]) -> list[str]:
    projects = data["projects"]
    rows = [(str(item["project"]), _content(item), _pool(item), ", ".join(_remarks(item))) for item in projects]
    return [f"{data['name']}: {len(projects)} project{'s' if len(projects) != 1 else ''}", *columns(rows)]


def present_project(data: Mapping[str, Any]) -> list[str]:
    rows = [
        ("from", data["place"] or ("a file" if data["source"] == "file" else "the command line")),
        ("pods", f"in {data['namespace']}, by airstrip_pods.project({data['project']!r})"),
        ("data", data["url"] or data["folder"] or "in the claim `data`"),
        ("pool", _pool(data) or "none of its own"),
        ("requests", _amounts(data["requests"])),
        ("limits", _amounts(data["limits"])),
        ("quota", _amounts(data["quota"])),
    ]
    lines = [f"{data['project']}{'' if data['landed'] else ' (not landed yet: ./airstrip up)'}"]
    lines += columns([(name, str(text)) for name, text in rows if text])
    if data["config"]:
        lines += ["", "config", *columns([(key, _short(text)) for key, text in sorted(data["config"].items())])]
    if data["secrets"]:
        lines += ["", "secrets", *columns([(key, str(source)) for key, source in sorted(data["secrets"].items())])]
    return lines


def present_added(data: Mapping[str, Any]) -> list[str]:
    return [f"The project {data['project']} is there.", *present_project(data)[1:]]


def present_changed(data: Mapping[str, Any]) -> list[str]:
    return [f"{data['project']} is changed: pods that start from now on have it.", *present_project(data)[1:]]


def present_removed(data: Mapping[str, Any]) -> list[str]:
    gone = f"The project {data['project']} is removed"
    if data["dataDeleted"]:
        return [f"{gone}, and so is its data."]
    place = data["url"] or data["folder"]
    return [f"{gone}. Its data is kept{': ' + place if place else ''}."]


def _content(item: Mapping[str, Any]) -> str:
    counts = ((len(item["config"]), "setting"), (len(item["secrets"]), "secret"))
    return ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count) or "no settings"


def _pool(item: Mapping[str, Any]) -> str:
    slots = item["pool"]
    return "" if slots is None else f"pool of {slots} slot{'s' if slots != 1 else ''}"


def _amounts(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in sorted(amounts.items()))


def _remarks(item: Mapping[str, Any]) -> list[str]:
    declared = [f"in {item['place']}"] if item["place"] else []
    return [*declared, *([] if item["landed"] else ["not landed yet"])]


def _short(text: str) -> str:
    """A setting may be a document."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
