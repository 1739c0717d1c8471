"""The pools of projects: made, changed and deleted, and nobody else's touched."""

from __future__ import annotations

from airstrip.events import Event, StepFinished, Warned
from airstrip.operations.pools import ensure_pools, planned_pools
from tests.unit.operations.projects_stand_ins import Pools


def ensure(pools: Pools, wanted: dict[str, int], events: list[Event] | None = None) -> int:
    return ensure_pools(pools.client(), wanted, (events if events is not None else []).append)


def test_pools_become_exactly_those_that_are_wanted() -> None:
    pools = Pools()
    assert ensure(pools, {"sales": 2, "rides": 1}) == 2
    assert ensure(pools, {"sales": 2, "rides": 1}) == 0
    pools.kept["sales"]["slots"] = 9
    assert planned_pools(pools.client().pools.all(), {"sales": 2}) == [
        "give the pool sales 2 slots instead of 9",
        "delete the pool rides",
    ]
    assert ensure(pools, {"sales": 2}) == 2
    assert pools.slots() == {"sales": 2}


def test_without_a_change_there_is_no_step() -> None:
    events: list[Event] = []
    pools = Pools()
    ensure(pools, {}, events)
    assert events == []
    ensure(pools, {"sales": 2}, events)
    assert [event.note for event in events if isinstance(event, StepFinished)] == ["1 changed"]


def test_a_pool_of_somebody_else_s_is_told_of_and_stays() -> None:
    pools = Pools({"sales": {"name": "sales", "slots": 7, "description": None, "include_deferred": True}})
    events: list[Event] = []
    assert ensure(pools, {"sales": 2}, events) == 0
    assert [event.code for event in events if isinstance(event, Warned)] == ["project.pool-taken"]
    assert ensure(pools, {}) == 0
    assert pools.slots() == {"sales": 7}
