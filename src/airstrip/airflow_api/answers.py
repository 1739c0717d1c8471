"""How lists and single things are asked for, whatever they are of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from airstrip.airflow_api.refusals import no_list
from airstrip.airflow_api.transport import Query, Transport
from airstrip.errors import AirflowError

_Answer = TypeVar("_Answer")

PAGE = 100
"""The most rows that Airflow gives by default."""


def pages(
    transport: Transport,
    path: str,
    key: str,
    query: Query,
    missing: Callable[[], AirflowError] | None = None,
) -> list[dict[str, Any]]:
    """All rows of a list."""
    rows: list[dict[str, Any]] = []
    while True:
        page: Query = {**query, "limit": PAGE, "offset": len(rows)}
        body = found(partial(transport.get, path, page), missing or partial(no_list, path))
        rows += body[key]
        if not body[key] or len(rows) >= body["total_entries"]:
            return rows


def found(ask: Callable[[], _Answer], missing: Callable[[], AirflowError]) -> _Answer:
    """What `ask` answers; a 404 in the words of `missing`."""
    try:
        return ask()
    except AirflowError as error:
        if error.code == "airflow.not-found":
            raise missing() from error
        raise


def part(text: str) -> str:
    """One part of a path: run ids hold colons and pluses."""
    return quote(text, safe="")
