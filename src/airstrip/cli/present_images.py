"""Answers of the verbs of images as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airstrip.cli.tables import columns

_STATES = {
    "current": "built",
    "changed": "changed since it was built",
    "absent": "not built",
    "unknown": "not built by you",
    "unlocked": "no lock: ./airstrip image lock",
}
_DIGEST = 12


def present_list(data: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for source, title in (("own", f"yours, in {data['folder']}"), ("library", "the library, to copy from")):
        rows = [_row(row) for row in data["images"] if row["source"] == source]
        lines += [*([""] if lines else []), title, *(columns(rows) or ["  none: ./airstrip image new NAME"])]
    if any(row["state"] == "unknown" for row in data["images"]):
        lines += ["", "What root has built: sudo ./airstrip image list"]
    return lines


def present_built(data: Mapping[str, Any]) -> list[str]:
    named = [(name, str(data[name])) for name in ("airflow", "postgresql") if name in data]
    lines = columns([*named, *((name, str(reference)) for name, reference in data["tasks"].items())])
    if data["tasks"]:
        lines += ["", *(f"In a DAG: image={_name(reference)!r}" for reference in data["tasks"].values())]
    return lines


def present_containerfile(data: Mapping[str, Any]) -> list[str]:
    return [str(path) for path in data["written"]] or str(data["containerfile"]).splitlines()


def present_locked(data: Mapping[str, Any]) -> list[str]:
    rows = [(name, "has a new lock: ./airstrip image build") for name in data["changed"]]
    rows += [(name, "is as it was") for name in data["unchanged"]]
    return columns(rows) or ["There is no task image of yours: ./airstrip image new NAME"]


def present_test(data: Mapping[str, Any]) -> list[str]:
    code = data["code"]
    end = "works where tasks run" if code == 0 else f"failed its check with exit code {code}"
    return [*(str(line) for line in data["log"]), f"{data['image']} {end}."]


def present_pushed(data: Mapping[str, Any]) -> list[str]:
    return [str(data["reference"])]


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    digest = str(row["reference"]).partition("@sha256:")[2][:_DIGEST] if row["reference"] else ""
    size = f"{row['size'] // 1_000_000} MB" if row["size"] else ""
    return str(row["image"]), _STATES[row["state"]], digest, size, _age(row["built"])


def _name(reference: str) -> str:
    return f"{reference.partition('@')[0]}:current"


def _age(built: str | None) -> str:
    if built is None:
        return ""
    hours = (datetime.now(UTC) - datetime.fromisoformat(built)).total_seconds() / 3600
    if hours < 1:
        return "within the hour"
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"
