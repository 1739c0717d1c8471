"""Airflow's pools: each limits how many of its tasks are at work at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from airstrip.airflow_api.transport import Transport
from airstrip.errors import AirflowError

_POOLS = "/api/v2/pools"
_PAGE = 100


@dataclass(frozen=True)
class PoolRecord:
    """A pool as it is kept; what takes its slots: see scheduling_models.Pool."""

    name: str
    slots: int
    description: str
    include_deferred: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> PoolRecord:
        return cls(body["name"], body["slots"], body.get("description") or "", bool(body.get("include_deferred")))


class Pools:
    """Through one account's access. Every failure is an AirflowError; to delete what is not there is none."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> dict[str, PoolRecord]:
        """By name."""
        rows: list[Mapping[str, Any]] = []
        while True:
            body = self._transport.get(_POOLS, {"limit": _PAGE, "offset": len(rows), "order_by": "id"})
            rows += body["pools"]
            if not body["pools"] or len(rows) >= body["total_entries"]:
                return {row["name"]: PoolRecord.parse(row) for row in rows}

    def add(self, name: str, slots: int, description: str) -> None:
        """Raises `airflow.conflict` where there is one of this name."""
        self._transport.send("POST", _POOLS, body={"name": name, "slots": slots, "description": description})

    def set_slots(self, pool: PoolRecord, slots: int) -> None:
        """Airflow wants the rest of a pool's fields beside the one that is to change."""
        body = {"pool": pool.name, "slots": slots, "include_deferred": pool.include_deferred}
        self._transport.send("PATCH", _path(pool.name), query={"update_mask": "slots"}, body=body)

    def delete(self, name: str) -> None:
        """Tasks that are in it wait until there is one of this name again."""
        try:
            self._transport.send("DELETE", _path(name))
        except AirflowError as error:
            if error.code != "airflow.not-found":
                raise


def _path(name: str) -> str:
    return f"{_POOLS}/{quote(name, safe='')}"
