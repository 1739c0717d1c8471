"""Which task of a run is to be explained: the first in trouble, up the stream from what was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airstrip.airflow_api import TaskDefinition, TaskInstance

_DONE = frozenset({"success", "skipped", "removed"})
_RANKS: tuple[tuple[str | None, ...], ...] = (
    ("failed",),
    ("up_for_retry", "restarting"),
    ("queued",),
    ("scheduled",),
    ("deferred", "up_for_reschedule"),
    ("running",),
    (None,),
)
"""What is most in trouble first: what runs may only be slow, and what has no state waits for it."""

Definitions = Mapping[str, TaskDefinition]


def in_trouble(tasks: Sequence[TaskInstance], definitions: Definitions) -> TaskInstance | None:
    """The task of a run that explains it best, None where all have ended well: of equals, the most upstream."""
    open_tasks = [task for task in tasks if task.state not in _DONE]
    depth = _depths(definitions)
    order = sorted(open_tasks, key=lambda task: (_rank(task), depth.get(task.task_id, 0), _began(task)))
    return next((task for task in order if task.state != "upstream_failed"), next(iter(order), None))


def root_of(asked: TaskInstance, tasks: Sequence[TaskInstance], definitions: Definitions) -> TaskInstance:
    """The task up the stream that keeps one from running, itself where none does."""
    if asked.state not in (None, "upstream_failed"):
        return asked
    above = _ancestors(asked.task_id, _parents(definitions))
    upstream = [task for task in tasks if task.task_id in above]
    failed = [task for task in upstream if task.state == "failed"]
    if asked.state is None:
        # With what failed it is done: for any other trigger rule, its state would be upstream_failed.
        going_on = [task for task in upstream if task.state not in ("failed", "upstream_failed")]
        return _nearest(asked, going_on, definitions) or _nearest(asked, failed, definitions) or asked
    return _nearest(asked, failed, definitions) or asked


def _nearest(asked: TaskInstance, upstream: Sequence[TaskInstance], definitions: Definitions) -> TaskInstance | None:
    """In a mapped task group, each waits for those of its own index."""
    own = [task for task in upstream if asked.map_index >= 0 and task.map_index in (-1, asked.map_index)]
    return in_trouble(own, definitions) or in_trouble(upstream, definitions)


def upstream_of(task_id: str, definitions: Definitions) -> tuple[str, ...]:
    """The names of a task's direct upstream tasks."""
    return tuple(name for name, other in definitions.items() if task_id in other.downstream)


def _rank(task: TaskInstance) -> int:
    return next((rank for rank, states in enumerate(_RANKS) if task.state in states), len(_RANKS))


def _began(task: TaskInstance) -> str:
    return task.start_date or task.queued_when or "~"


def _ancestors(task_id: str, parents: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = {task_id}
    while ahead:
        ahead = {parent for each in ahead for parent in parents.get(each, ())} - found
        found |= ahead
    return found


def _depths(definitions: Definitions) -> dict[str, int]:
    """How many tasks stand above each."""
    parents = _parents(definitions)
    return {name: len(_ancestors(name, parents)) for name in definitions}


def _parents(definitions: Definitions) -> dict[str, set[str]]:
    """The direct upstream tasks of each that has some."""
    found: dict[str, set[str]] = {}
    for name, definition in definitions.items():
        for below in definition.downstream:
            found.setdefault(below, set()).add(name)
    return found
