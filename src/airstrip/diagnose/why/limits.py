"""A task that nothing but a limit keeps from being queued: pools, how many may run at once, the run before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.airflow_api import Pool, TaskInstance
from airstrip.diagnose.airflow.work import EXECUTOR_FULL, POOL_FULL, POOL_WITHOUT_SLOTS, no_place, pool_subject
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.why.facts import ActiveTasks, WhyFacts, label
from airstrip.diagnose.why.reason import Matches, Reason, found

_NAMED = 5
_SLOTS = "Pool Slots Available"


def _waiting(matches: Callable[[WhyFacts], Iterator[Match]]) -> Matches:
    """Of a task that waits for the scheduler."""

    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.awaits_scheduler and not facts.run_is_over:
            yield from matches(facts)

    return narrowed


@_waiting
def _no_pool(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.pool is None and "non-existent" in facts.unmet(_SLOTS):
        yield found(facts.unmet(_SLOTS), task=label(facts.task), pool=facts.task.pool)


@_waiting
def _pool_full(facts: WhyFacts) -> Iterator[Match]:
    for task, pool in _short_pool(facts):
        if pool.slots >= task.pool_slots:
            taken = {"taken": str(pool.occupied), "slots": str(pool.slots), "waiting": f"{label(task)} waits"}
            fields = {
                **taken,
                "pool": pool.name,
                "namespace": facts.control or "NAMESPACE",
                "names": f": {_names(facts.in_pool)}",
            }
            yield found(facts.unmet(_SLOTS), pool_subject(pool.name), **fields)


@_waiting
def _pool_without_slots(facts: WhyFacts) -> Iterator[Match]:
    for task, pool in _short_pool(facts):
        if pool.slots == 0:
            waiting = f"{label(task)} waits"
            named = {"pool": pool.name, "waiting": waiting, "namespace": facts.control or "NAMESPACE"}
            yield found(facts.unmet(_SLOTS), pool_subject(pool.name), **named)


@_waiting
def _pool_too_small(facts: WhyFacts) -> Iterator[Match]:
    for task, pool in _short_pool(facts):
        if 0 < pool.slots < task.pool_slots:
            said = facts.unmet(_SLOTS)
            yield found(said, task=label(task), pool=pool.name, asked=task.pool_slots, slots=pool.slots)


def _short_pool(facts: WhyFacts) -> Iterator[tuple[TaskInstance, Pool]]:
    """The task and its pool, where that has no room for it."""
    task, pool = facts.task, facts.pool
    if task and pool and pool.slots >= 0 and pool.open < task.pool_slots:
        yield task, pool


@_waiting
def _max_active_tasks(facts: WhyFacts) -> Iterator[Match]:
    """Counted in each run by itself, though Airflow's own words of this dependency count all of them."""
    most, active = facts.dag.max_active_tasks, facts.active()
    if facts.task and 0 < most <= active.count:
        yield found(task=label(facts.task), most=most, names=_names(active), more=most + 1)


@_waiting
def _concurrency(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and (said := facts.unmet("Task Concurrency")):
        yield found(said, task=label(facts.task), names=_names(facts.active(facts.task.task_id)))


@_waiting
def _depends_on_past(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and (said := facts.unmet("Previous Dagrun State")):
        yield found(said, task=label(facts.task), message=sentence(said), dag=facts.dag.dag_id)


@_waiting
def _date(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and (said := facts.unmet("Logical Date")):
        yield found(task=label(facts.task), message=sentence(said))


@_waiting
def _parallelism(facts: WhyFacts) -> Iterator[Match]:
    count = facts.everywhere.count
    if facts.state == "scheduled" and 0 < facts.parallelism * facts.schedulers <= count:
        names = f": {_names(facts.everywhere)}"
        yield no_place(f"{facts.task_label} waits", count, facts.parallelism, facts.schedulers, names)


@_waiting
def _not_scheduled(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.task == facts.asked:
        words = "\n".join(f"{unmet.name}: {unmet.reason}" for unmet in facts.dependencies)
        yield found(words, task=label(facts.task))


def _names(active: ActiveTasks) -> str:
    """`a.b, a.c and 3 more`."""
    named = ", ".join(active.names[:_NAMED]) or "tasks that just ended"
    more = active.count - _NAMED
    return f"{named} and {more} more" if more > 0 else named


REASONS = (
    Reason(
        "task.pool-missing",
        "{task} is not scheduled: there is no pool {pool}",
        "The task names a pool that was never made, or was deleted.",
        "Make it in Airflow's UI, under Admin, Pools; or take pool= out of the task.",
        _no_pool,
    ),
    Reason.of(POOL_WITHOUT_SLOTS, _pool_without_slots),
    Reason(
        "task.pool-too-small",
        "{task} asks for {asked} slots of the pool {pool}, which has {slots}",
        "It would wait for ever.",
        "Give {pool} more slots in Airflow's UI, under Admin, Pools; or let the task ask for fewer: pool_slots.",
        _pool_too_small,
    ),
    Reason.of(POOL_FULL, _pool_full),
    Reason(
        "task.max-active-tasks",
        "{task} waits: max_active_tasks of its DAG is {most}",
        "These are at work: {names}.",
        "Wait until one ends; to have more at once, write max_active_tasks={more} into the DAG.",
        _max_active_tasks,
    ),
    Reason(
        "task.max-active-tis",
        "{task} waits: as many of it run as its max_active_tis_per_dag or max_active_tis_per_dagrun allows",
        "These are at work: {names}.",
        "Wait until one ends; or raise that number in the task.",
        _concurrency,
    ),
    Reason(
        "task.depends-on-past",
        "{task} waits for itself in the run before",
        "{message}",
        "Let that one succeed, or mark it so in Airflow's UI; why it has not: ./airstrip why {dag} {task} --run ID",
        _depends_on_past,
    ),
    Reason(
        "task.not-its-date",
        "{task} is not due in this run",
        "{message}",
        "Set start_date and end_date of the task or its DAG around the run's logical date.",
        _date,
    ),
    Reason.of(EXECUTOR_FULL, _parallelism),
    Reason(
        "task.not-scheduled",
        "{task} waits for the scheduler",
        "Nothing that Airflow tells of keeps it: the scheduler has not come to it yet.",
        "Wait some seconds; if it stays so: ./airstrip logs scheduler",
        _not_scheduled,
        is_last_resort=True,
    ),
)
