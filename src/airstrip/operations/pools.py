"""The pools of projects in Airflow. One is known by its description: a pool of somebody else's is left alone."""

from __future__ import annotations

from collections.abc import Mapping

from airstrip.airflow_api import AirflowClient
from airstrip.airflow_api.pools import PoolRecord
from airstrip.errors import AirstripError
from airstrip.events import Emit, Warned, step
from airstrip.spec import Project


def pools_of(projects: Mapping[str, Project]) -> dict[str, int]:
    """Slots by the name of those that have a pool."""
    return {name: project.pool for name, project in projects.items() if project.pool is not None}


def planned_pools(pools: Mapping[str, PoolRecord], wanted: Mapping[str, int]) -> list[str]:
    """In words what `ensure_pools` would do; nothing of what is in its way."""
    made = [f"make the pool {name} with {slots} slots" for name, slots in wanted.items() if name not in pools]
    changed = [
        f"give the pool {name} {slots} slots instead of {pools[name].slots}"
        for name, slots in wanted.items()
        if name in pools and _is_ours(pools[name]) and pools[name].slots != slots
    ]
    return [*made, *changed, *(f"delete the pool {name}" for name in _left(pools, wanted))]


def ensure_pools(airflow: AirflowClient, wanted: Mapping[str, int], emit: Emit) -> int:
    """Exactly these, of those that are projects'; returns how many changed. A step only where one does.

    A pool of somebody else's that has the name of one is told of, and serves the project as it is.
    """
    pools = airflow.pools.all()
    for name in wanted:
        if name in pools and not _is_ours(pools[name]):
            error = _taken(name)
            emit(Warned(error.code, f"{error.message}.", error.fix))
    plan = planned_pools(pools, wanted)
    if not plan:
        return 0
    with step(emit, "airflow.pools", "Make the pools of projects") as progress:
        for name, slots in wanted.items():
            if name not in pools or _is_ours(pools[name]):
                _ensure(airflow, pools.get(name), name, slots)
        for name in _left(pools, wanted):
            airflow.pools.delete(name)
        progress.note = f"{len(plan)} changed"
    return len(plan)


def ensure_pool(airflow: AirflowClient, name: str, slots: int) -> None:
    """Raises AirstripError `project.pool-taken` where somebody else's has the name."""
    found = airflow.pools.all().get(name)
    if found and not _is_ours(found):
        raise _taken(name)
    _ensure(airflow, found, name, slots)


def delete_pool(airflow: AirflowClient, name: str) -> None:
    """No effect where there is none of the project's."""
    found = airflow.pools.all().get(name)
    if found and _is_ours(found):
        airflow.pools.delete(name)


def _ensure(airflow: AirflowClient, found: PoolRecord | None, name: str, slots: int) -> None:
    if found is None:
        airflow.pools.add(name, slots, _description(name))
    elif found.slots != slots:
        airflow.pools.set_slots(found, slots)


def _left(pools: Mapping[str, PoolRecord], wanted: Mapping[str, int]) -> list[str]:
    return [name for name, pool in pools.items() if name not in wanted and _is_ours(pool)]


def _is_ours(pool: PoolRecord) -> bool:
    return pool.description == _description(pool.name)


def _description(name: str) -> str:
    return f"Of the project {name}, by Airstrip"


def _taken(name: str) -> AirstripError:
    return AirstripError(
        "project.pool-taken",
        f"Airflow has a pool {name} already, and it is not the project's",
        cause="Somebody made it in Airflow, or changed its description.",
        fix="Delete it in Airflow, under Admin, Pools; then run this again. Or leave the project's pool out.",
    )
