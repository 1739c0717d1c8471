"""What Airflow says of its own processes to whoever asks, without an account."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from airstrip import times

HEALTH = "/api/v2/monitor/health"
_DATABASE = "metadatabase"


@dataclass(frozen=True)
class Heartbeat:
    """A process as Airflow sees it: `state` is healthy, unhealthy, or empty where it never ran.

    `last` is when its last heartbeat came, and `age` how many seconds ago by the server's own clock; empty and
    None where it never ran.
    """

    state: str
    last: str = ""
    age: float | None = None


@dataclass(frozen=True)
class Health:
    """`database` is healthy, unhealthy or empty; `components` are by the names of their pods.

    The server's clock is `ahead` of ours by so many seconds.
    """

    database: str
    components: Mapping[str, Heartbeat] = field(default_factory=dict)
    ahead: float = 0.0


def read_health(body: Mapping[str, Any], date: str, before: datetime.datetime, after: datetime.datetime) -> Health:
    """`date` is the answer's header, empty where it had none; it was asked for at `before` and came at `after`."""
    # Its clock is told in whole seconds, rounded down.
    server = parsedate_to_datetime(date) + datetime.timedelta(seconds=0.5) if date else after
    return Health(
        database_state(body),
        {name.replace("_", "-"): _heartbeat(name, part, server) for name, part in body.items() if name != _DATABASE},
        round((server - (before + (after - before) / 2)).total_seconds(), 1),
    )


def database_state(body: Mapping[str, Any]) -> str:
    """`healthy` or `unhealthy`; empty where the answer is another program's."""
    return _text(body.get(_DATABASE), "status")


def _heartbeat(name: str, part: object, server: datetime.datetime) -> Heartbeat:
    last = _text(part, f"latest_{name}_heartbeat")
    return Heartbeat(_text(part, "status"), last, max(0.0, times.age(last, server)) if last else None)


def _text(part: object, key: str) -> str:
    """Airflow has null both for a process that it does not have and for what it does not know of one."""
    return str(part.get(key) or "") if isinstance(part, Mapping) else ""
