"""Work that does not get on: pools, places in the executor, runs that were not made, tasks that nobody hears of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.diagnose.airflow.facts import PoolFact
from airstrip.diagnose.airflow.look import airflow, signs_of
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule

_TASK = re.compile(r"<TaskInstance: (?P<task>[\w.-]+) ")
_LATE = 60.0
"""Seconds after which a run that was due should be there."""
_LONG = 300.0
"""Seconds that a task may wait before it is asked why."""
_NOT_SCHEDULING = frozenset({"scheduler.silent", "component.scaled-to-zero", "pod.crash-loop", "database.unhealthy"})


def _waits(facts: Facts, pool: PoolFact, state: str) -> float:
    """How long the task has waited in it that waits longest."""
    waiting = airflow(facts).waiting
    return max((task.seconds for task in waiting if task.pool == pool.name and task.state == state), default=0.0)


def _no_slots(facts: Facts) -> Iterator[Match]:
    for pool in airflow(facts).pools:
        if pool.slots == 0:
            waiting = pool.scheduled + pool.queued
            yield Match(f"pool/{pool.name}", {"pool": pool.name, "waiting": str(waiting)})


def _full(facts: Facts) -> Iterator[Match]:
    for pool in airflow(facts).pools:
        full = 0 < pool.slots <= pool.running + pool.queued
        if full and pool.scheduled and _waits(facts, pool, "scheduled") > _LONG:
            fields = {"pool": pool.name, "slots": str(pool.slots), "waiting": str(pool.scheduled)}
            yield Match(f"pool/{pool.name}", fields)


def _no_places(facts: Facts) -> Iterator[Match]:
    found = airflow(facts)
    long = [task for task in found.waiting if task.state == "scheduled" and task.seconds > _LONG]
    if found.parallelism and found.active >= found.parallelism and long:
        yield Match("executor", {"parallelism": str(found.parallelism), "waiting": str(len(long))})


def _queued_long(facts: Facts) -> Iterator[Match]:
    for task in airflow(facts).waiting:
        if task.state == "queued" and task.seconds > _LONG:
            fields = {"dag": task.dag, "task": task.task, "run": task.run, "seconds": f"{task.seconds:.0f}"}
            yield Match(f"task/{task.dag}", fields)


def _overdue(facts: Facts) -> Iterator[Match]:
    late = [each for each in airflow(facts).overdue if each.seconds > _LATE]
    if late:
        worst = max(late, key=lambda each: each.seconds)
        yield Match("scheduler/runs", {"dag": worst.dag, "seconds": f"{worst.seconds:.0f}", "dags": str(len(late))})


def _task_said(sign: str) -> Callable[[Facts], Iterator[Match]]:
    def matches(facts: Facts) -> Iterator[Match]:
        for each in airflow(facts).task_signs:
            if each.sign == sign:
                fields = {"dag": each.dag, "task": each.task, "run": each.run}
                yield Match(f"task/{each.dag}", fields, "\n".join(each.lines))

    return matches


def _zombies(facts: Facts) -> Iterator[Match]:
    for _, component, lines in signs_of(facts, "zombie"):
        if component == "scheduler":
            yield Match("tasks/without-heartbeat", {}, "\n".join(lines))


def _ended_early(facts: Facts) -> Iterator[Match]:
    found = [
        line for _, component, lines in signs_of(facts, "ended-early") if component == "scheduler" for line in lines
    ]
    tasks = [match["task"] for line in found if (match := _TASK.search(line))]
    if found:
        yield Match("tasks/ended-early", {"tasks": ", ".join(dict.fromkeys(tasks)) or "a task"}, "\n".join(found))


WORK_RULES: tuple[Rule, ...] = (
    Rule(
        "pool.no-slots",
        "pool {pool} has no slot, and {waiting} tasks wait in it",
        "Somebody set its slots to zero: none of its tasks will ever begin.",
        "Give it slots in Airflow, under Admin, Pools.",
        _no_slots,
    ),
    Rule(
        "pool.full",
        "all {slots} slots of pool {pool} are taken, and {waiting} tasks wait for one",
        "More tasks are in the pool than it has slots; or some that hold one do not end.",
        "Give it more slots in Airflow, under Admin, Pools; or end what holds them.",
        _full,
    ),
    Rule(
        "executor.full",
        "all {parallelism} places of the executor are taken, and {waiting} tasks wait for one",
        "More tasks are ready than core.parallelism lets run at a time.",
        "Raise airflow.config.core.parallelism in the file, then run: ./airstrip up",
        _no_places,
        frozenset({"pool.full", "pool.no-slots"}),
    ),
    Rule(
        "task.token-refused",
        "{task} of {dag} was refused by the api-server",
        "Its token is not one that the api-server takes: it was signed with another key.",
        "Roll all who read the keys: ./airstrip up",
        _task_said("token"),
    ),
    Rule(
        "task.token-expired",
        "{task} of {dag} came to the api-server with a token that was no longer good",
        "It waited longer in its queue than its token lives (execution_api.jwt_expiration_time), or clocks differ.",
        "Raise airflow.config.execution_api.jwt_expiration_time in the file, then run: ./airstrip up",
        _task_said("token-expired"),
        frozenset({"airflow.clock-skew"}),
    ),
    Rule(
        "airflow.execution-api-overloaded",
        "{task} of {dag} had no answer from the api-server in time",
        "More tasks ask it at a time than one process answers.",
        "Give it more: components.api-server.replicas in the file, then run: ./airstrip up",
        _task_said("overloaded"),
        frozenset({"airflow.not-answering"}),
    ),
    Rule(
        "task.ended-early",
        "the pod of {tasks} ended before its task began",
        "It could not write its log (a folder of the logs that is not group 0's), reach the api-server, or be let in.",
        "Give the logs back to group 0 where they lie: chgrp -R 0 FOLDER && chmod -R g+rwX FOLDER; then run it again"
        " and read its pod: ./airstrip logs DAG TASK -F",
        _ended_early,
        frozenset({"secret.jwt-differs", "logs.not-writable", "logs.refused", "task.token-refused", "pod.oom-killed"}),
    ),
    Rule(
        "task.no-heartbeat",
        "the scheduler ended tasks that it did not hear of any more",
        "Their pods were killed, lost their node, or could not reach the api-server.",
        "Look at what became of them: ./airstrip logs scheduler",
        _zombies,
        _NOT_SCHEDULING,
    ),
    Rule(
        "task.queued-long",
        "{task} of {dag} has been queued for {seconds} s",
        "Its pod is not made or does not start, and nothing else that was looked at says why.",
        "Read why: ./airstrip logs scheduler",
        _queued_long,
        _NOT_SCHEDULING | {"pod.unschedulable", "namespace.quota", "image.missing", "executor.full"},
    ),
    Rule(
        "scheduler.not-scheduling",
        "the next run of {dag} was due {seconds} s ago and is not made ({dags} such DAGs)",
        "The scheduler is alive and does not get to it: it is overloaded, or waits for a lock of the database.",
        "Read its log: ./airstrip logs scheduler",
        _overdue,
        _NOT_SCHEDULING,
    ),
)
