"""Objects as the API has them: dicts in its JSON shape, and how to speak of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from airstrip.errors import WaitTimeout

Object = dict[str, Any]
Objects = list[Object]
_POLL = 0.3


def words(kind: str, name: str, namespace: str | None) -> str:
    """ "Deployment web in team"."""
    return f"{kind} {name}" + (f" in {namespace}" if namespace else "")


def event_time(event: Mapping[str, Any]) -> str:
    """When an event was last seen, RFC 3339; the events API and the older one name it differently."""
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
        or ""
    )


def wait_until_gone(read: Callable[[], Object | None], uid: str | None, timeout: float) -> None:
    """Reads an object until it is not there, or another of that name is; WaitTimeout says what holds it."""
    deadline = time.monotonic() + timeout
    while (item := read()) is not None:
        if uid and item["metadata"]["uid"] != uid:
            return
        if time.monotonic() > deadline:
            raise _still_there(item, timeout)
        time.sleep(_POLL)


def _still_there(item: Object, timeout: float) -> WaitTimeout:
    metadata = item["metadata"]
    conditions = (item.get("status") or {}).get("conditions") or []
    held = [entry["message"] for entry in conditions if entry.get("status") == "True" and entry.get("message")]
    finalizers = ", ".join((metadata.get("finalizers") or []) + ((item.get("spec") or {}).get("finalizers") or []))
    return WaitTimeout(
        "kubernetes.not-deleted",
        f"{words(item['kind'], metadata['name'], metadata.get('namespace'))} was not gone within {timeout:.0f} s",
        cause=f"It is held by finalizers: {finalizers}." if finalizers else "What it owns is still ending.",
        fix="Run this again; what holds it must end first.",
        details="\n".join(held),
    )
