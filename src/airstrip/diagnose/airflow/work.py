"""Work that does not get on: pools, places in the executor, runs that were not made, tasks that nobody hears of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from airstrip.diagnose.airflow.database import DATABASE
from airstrip.diagnose.airflow.facts import PoolFact
from airstrip.diagnose.airflow.look import airflow, control_of, signs_of
from airstrip.diagnose.described import TASK
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.image_rules import IMAGE_CODES
from airstrip.diagnose.match import Composed, Match
from airstrip.diagnose.rule import OF_TASKS, Rule, code_in, of
from airstrip.findings import Explanation

_TASK = re.compile(r"<TaskInstance: (?P<task>[\w.-]+) ")
LATE = 60.0
"""Seconds after which a run that was due should be there."""
_LONG = 300.0
"""Seconds that a task may wait before it is asked why."""
_TIMED_OUT = re.compile(r"'DAG Id': '(?P<dag>[^']+)', 'Task Id': '(?P<task>[^']+)', 'Run Id': '(?P<run>[^']+)'")
_NOT_SCHEDULING = frozenset({"scheduler.silent", "database.unhealthy"}) | of(
    ("scheduler", "api-server", DATABASE), ("component.scaled-to-zero", "pod.crash-loop", "pod.probe-failing")
)


def _waits(facts: Facts, pool: PoolFact, state: str) -> float:
    """How long the task has waited in it that waits longest."""
    waiting = airflow(facts).waiting
    return max((task.seconds for task in waiting if task.pool == pool.name and task.state == state), default=0.0)


def _no_slots(facts: Facts) -> Iterator[Match]:
    for pool in airflow(facts).pools:
        waiting = pool.scheduled + pool.queued
        if pool.slots == 0 and waiting:
            fields = {"pool": pool.name, "waiting": _who_waits(waiting), "namespace": control_of(facts)}
            yield Match(pool_subject(pool.name), fields, _counts(pool))


def _full(facts: Facts) -> Iterator[Match]:
    for pool in airflow(facts).pools:
        full = 0 < pool.slots <= pool.running + pool.queued
        if full and pool.scheduled and _waits(facts, pool, "scheduled") > _LONG:
            taken = {"taken": str(pool.running + pool.queued), "slots": str(pool.slots)}
            fields = {"pool": pool.name, **taken, "waiting": _who_waits(pool.scheduled), "names": ""}
            yield Match(pool_subject(pool.name), {**fields, "namespace": control_of(facts)}, _counts(pool))


def _counts(pool: PoolFact) -> str:
    at_work = f"running {pool.running}, queued {pool.queued}"
    return f"pool {pool.name}: slots {pool.slots}, {at_work}, scheduled {pool.scheduled}"


def _no_places(facts: Facts) -> Iterator[Match]:
    found = airflow(facts)
    long = [task for task in found.waiting if task.state == "scheduled" and task.seconds > _LONG]
    schedulers = max([1, *(each.wanted for each in facts.workloads if each.component == "scheduler")])
    if found.parallelism and found.active >= found.parallelism * schedulers and long:
        yield no_place(_who_waits(len(long)), found.active, found.parallelism, schedulers)


def no_place(waiting: str, active: int, parallelism: int, schedulers: int, names: str = "") -> Match:
    """Of each scheduler's executor."""
    places, more = str(parallelism * schedulers), str(parallelism * 2)
    fields = {"waiting": waiting, "active": str(active), "places": places, "more": more, "names": names}
    seen = f"[core] parallelism {parallelism}, schedulers {schedulers}; tasks queued or running {active}"
    return Match("executor", fields, seen)


def pool_subject(name: str) -> str:
    return f"pool/{name}"


def _who_waits(count: int) -> str:
    return "1 task waits" if count == 1 else f"{count} tasks wait"


def _queued_long(facts: Facts) -> Iterator[Match]:
    for task in airflow(facts).waiting:
        if task.state == "queued" and task.seconds > _LONG:
            fields = {"dag": task.dag, "task": task.task, "run": task.run, "seconds": f"{task.seconds:.0f}"}
            seen = f"{task.dag}.{task.task}, run {task.run}: {task.state} for {task.seconds:.0f} s"
            yield Match(task_subject(task.dag), fields, seen)


def _overdue(facts: Facts) -> Iterator[Match]:
    late = [each for each in airflow(facts).overdue if each.seconds > LATE]
    if late:
        late.sort(key=lambda each: -each.seconds)
        found = overdue(late[0].dag, late[0].seconds, len(late) - 1)
        yield replace(found, evidence="\n".join(_due(each.dag, each.seconds) for each in late[:5]))


def overdue(dag: str, seconds: float, others: int = 0) -> Match:
    more = f" ({others} more {'DAG is' if others == 1 else 'DAGs are'} late)" if others else ""
    return Match(f"overdue/{dag}", {"dag": dag, "seconds": f"{seconds:.0f}", "others": more}, _due(dag, seconds))


def _due(dag: str, seconds: float) -> str:
    return f"{dag}: its next run was due {seconds:.0f} s ago"


def _task_said(sign: str) -> Callable[[Facts], Iterator[Match]]:
    def matches(facts: Facts) -> Iterator[Match]:
        for each in airflow(facts).task_signs:
            if each.sign == sign:
                fields = {"dag": each.dag, "task": each.task, "run": each.run}
                yield Match(task_subject(each.dag), fields, "\n".join(each.lines))

    return matches


def task_subject(dag: str) -> str:
    """One for all tasks of a DAG."""
    return f"task/{dag}"


def _timed_out(facts: Facts) -> Iterator[Match]:
    """One finding for all: with a node, hundreds are lost."""
    found = [
        line
        for _, component, lines in signs_of(facts, "heartbeat-timeout")
        if component == "scheduler"
        for line in lines
    ]
    tasks = {(seen["dag"], seen["task"], seen["run"]): None for line in found if (seen := _TIMED_OUT.search(line))}
    if tasks:
        dag, task, run = next(iter(tasks))
        who = f"{task} of {dag} and {len(tasks) - 1} more" if len(tasks) > 1 else f"{task} of {dag}"
        fields = heartbeat_fields(who, dag, Composed(f"./airstrip logs {dag} {task} --run {run}"))
        yield Match(heartbeat_subject(dag, task), fields, "\n".join(found))
    elif found:
        unnamed = {"who": "a task", "when": "", "logs": Composed("./airstrip logs scheduler"), "again": ""}
        yield Match(heartbeat_subject("", ""), unnamed, "\n".join(found))


def heartbeat_fields(who: str, dag: str, logs: str, when: str = "") -> dict[str, str]:
    return {"who": who, "when": when, "logs": logs, "again": Composed(f"; then run it again: ./airstrip run {dag}")}


def heartbeat_subject(dag: str, task: str) -> str:
    return f"heartbeat/{dag}/{task}"


def _ended_early(facts: Facts) -> Iterator[Match]:
    found = [
        line for _, component, lines in signs_of(facts, "ended-early") if component == "scheduler" for line in lines
    ]
    tasks = [match["task"] for line in found if (match := _TASK.search(line))]
    if found:
        yield Match(ENDED_EARLY_SUBJECT, {"tasks": ", ".join(dict.fromkeys(tasks)) or "a task"}, "\n".join(found))


POOL_WITHOUT_SLOTS = Explanation(
    "pool.no-slots",
    "pool {pool} has no slot, and {waiting} in it",
    "Somebody set its slots to zero: none of its tasks will ever begin.",
    "Give it slots in Airflow's UI, under Admin, Pools; or: kubectl -n {namespace} exec deploy/scheduler --"
    " airflow pools set '{pool}' SLOTS DESCRIPTION",
)
POOL_FULL = Explanation(
    "pool.full",
    "{taken} of {slots} slots of pool {pool} are taken, and {waiting} for room in it",
    "More tasks are in the pool than it has slots, or some that hold one do not end{names}.",
    "Wait until one ends, or end what holds them; or give it more slots in Airflow's UI, under Admin, Pools;"
    " or: kubectl -n {namespace} exec deploy/scheduler -- airflow pools set '{pool}' SLOTS DESCRIPTION",
)
EXECUTOR_FULL = Explanation(
    "executor.full",
    "{active} of {places} places of the executor are taken, and {waiting} for one",
    "More tasks are ready than core.parallelism lets run at a time{names}.",
    "Wait until one ends; or write airflow: {{config: {{core: {{parallelism: {more}}}}}}} into the file, then run:"
    " ./airstrip up",
)
TOKEN_REFUSED = Explanation(
    "task.token-refused",
    "{task} of {dag} was refused by the api-server",
    "Its token is not one that the api-server takes: it was signed with another key.",
    "Roll all who read the keys: ./airstrip up",
)
TOKEN_EXPIRED = Explanation(
    "task.token-expired",
    "{task} of {dag} came to the api-server with a token that was no longer good",
    "It waited longer in its queue than its token lives (execution_api.jwt_expiration_time), or clocks differ.",
    "Raise airflow.config.execution_api.jwt_expiration_time in the file, then run: ./airstrip up",
)
ENDED_EARLY = Explanation(
    "task.ended-early",
    "the pod of {tasks} ended before its task began",
    "It could not write its log (a folder of the logs that is not group 0's), reach the api-server, or be let in.",
    "Give the logs back to group 0 where they lie: chgrp -R 0 FOLDER && chmod -R g+rwX FOLDER; then run it again"
    " and read its pod: ./airstrip logs DAG TASK -F",
)
ENDED_EARLY_SUBJECT = "tasks/ended-early"
HEARTBEAT_TIMEOUT = Explanation(
    "task.heartbeat-timeout",
    "{who} was given up: the scheduler heard no heartbeat of it for too long",
    "Its pod was killed, hung, lost its node, or did not reach the api-server{when}.",
    "Read what was logged, {logs}, and look at ./airstrip status{again}",
)
OVERDUE = Explanation(
    "dag.overdue",
    "{dag} was due {seconds} s ago, and the scheduler has made no run{others}",
    "The scheduler is alive and does not get to it: it is overloaded, waits for a lock of the database, or has trouble"
    " with this DAG.",
    "Read its log: ./airstrip logs scheduler",
)

WORK_RULES: tuple[Rule, ...] = (
    Rule.of(POOL_WITHOUT_SLOTS, _no_slots),
    Rule.of(POOL_FULL, _full),
    Rule.of(EXECUTOR_FULL, _no_places, frozenset({"pool.full", "pool.no-slots"})),
    Rule.of(TOKEN_EXPIRED, _task_said("token-expired"), frozenset({"airflow.clock-skew"})),
    Rule.of(TOKEN_REFUSED, _task_said("token")),
    Rule(
        "airflow.execution-api-overloaded",
        "{task} of {dag} had no answer from the api-server in time",
        "More tasks ask it at a time than one process answers.",
        "Give it more: components.api-server.replicas in the file, then run: ./airstrip up",
        _task_said("overloaded"),
        frozenset({"airflow.unreachable"}),
    ),
    Rule.of(
        ENDED_EARLY,
        _ended_early,
        frozenset({"secret.jwt-differs", "logs.not-writable", "logs.refused", "task.token-refused"})
        | of((TASK,), ("pod.oom-killed",))
        | {code_in("namespace.terminating", OF_TASKS)},
    ),
    Rule.of(HEARTBEAT_TIMEOUT, _timed_out, _NOT_SCHEDULING),
    Rule(
        "task.queued-long",
        "{task} of {dag} has been queued for {seconds} s",
        "Its pod is not made or does not start, and nothing else that was looked at says why.",
        "Read why: ./airstrip logs scheduler",
        _queued_long,
        _NOT_SCHEDULING
        | {"executor.full", code_in("namespace.quota", OF_TASKS)}
        | of((TASK,), ("pod.unschedulable", *IMAGE_CODES)),
    ),
    Rule.of(OVERDUE, _overdue, _NOT_SCHEDULING),
)
