"""States in which a task waits for something of its own, or will not run: deferred, retried, skipped, removed."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.airflow_api import TaskInstance
from airstrip.diagnose.airflow.components import SILENT
from airstrip.diagnose.match import Brief, Match, sentence
from airstrip.diagnose.why.dags import silent
from airstrip.diagnose.why.facts import WhyFacts, command, label
from airstrip.diagnose.why.focus import upstream_of
from airstrip.diagnose.why.reason import Reason, found
from airstrip.diagnose.why.words import end_of, exception_lines, last_exception, last_of_level, later, moment

_CHOOSES = ("branch", "shortcircuit", "short_circuit")


def _removed(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.state == "removed":
        yield found(task=label(facts.task), dag=facts.dag.dag_id)


def _restarting(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.state == "restarting":
        yield found(task=label(facts.task))


def _skipped(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.state == "skipped":
        yield found(end_of(facts.log), task=label(facts.task), why=_who_skipped(facts, facts.task))


def _who_skipped(facts: WhyFacts, task: TaskInstance) -> str:
    states = {other.task_id: other.state for other in facts.tasks}
    above = upstream_of(task.task_id, facts.definitions)
    operators = {name: facts.definitions[name].operator for name in above}
    for name in above:
        if states.get(name) == "success" and any(word in operators[name].lower() for word in _CHOOSES):
            return f"{name} ({operators[name]}) chose another way."
    if skipped := [name for name in above if states.get(name) == "skipped"]:
        rule = facts.definitions[task.task_id].trigger_rule if task.task_id in facts.definitions else "all_success"
        return f"{', '.join(skipped)} before it was skipped, and its trigger rule {rule} passes that on."
    if facts.log:
        return Brief(f"It skipped itself: {sentence(last_exception(facts.log) or last_of_level(facts.log, 'INFO'))}")
    return "Its run was ended before it began, or somebody skipped it by hand."


def _up_for_retry(facts: WhyFacts) -> Iterator[Match]:
    task = facts.task
    if task is None or task.state != "up_for_retry":
        return
    definition = facts.definitions.get(task.task_id)
    when = "later"
    if definition and task.end_date:
        at_least = ", or later as retry_exponential_backoff has it" if definition.has_backoff else ""
        when = f"at {moment(later(task.end_date, definition.retry_delay))}{at_least}"
    yield found(
        exception_lines(facts.log),
        task=label(task),
        number=task.try_number,
        tries=task.max_tries + 1,
        when=when,
        message=Brief(sentence(last_exception(facts.log) or "its log does not say why")),
        logs=command("logs", task),
    )


def _no_triggerer(facts: WhyFacts) -> Iterator[Match]:
    if facts.state == "deferred":
        yield from silent(facts, "triggerer")


def _deferred(facts: WhyFacts) -> Iterator[Match]:
    task = facts.task
    if task and task.state == "deferred":
        taken = "The triggerer has it" if task.triggerer is not None else "No triggerer has taken it yet"
        trigger = task.trigger or "its trigger"
        yield found(end_of(facts.log), task=label(task), trigger=trigger, taken=taken, logs=command("logs", task))


def _sensor(facts: WhyFacts) -> Iterator[Match]:
    task = facts.task
    if task is None:
        return
    is_sensor = "sensor" in (task.operator or "").lower()
    if task.state == "up_for_reschedule" or (task.state == "running" and is_sensor):
        said = last_of_level(facts.log, "INFO", "WARNING", "ERROR")
        since = moment(task.start_date) or "a moment ago"
        last = Brief(f"It said last: {sentence(said)}") if said else "It has said nothing yet."
        yield found(end_of(facts.log), task=label(task), since=since, last=last, logs=command("logs", task))


REASONS = (
    Reason(
        "task.removed",
        "{task} is not in {dag} any more",
        "The DAG's file was changed after this run was made.",
        "Put the task back, or run the DAG as it is now: ./airstrip run {dag}",
        _removed,
    ),
    Reason(
        "task.restarting",
        "{task} is being ended, to begin anew",
        "Somebody cleared it while it ran.",
        "Wait: it is queued again as soon as it has ended.",
        _restarting,
    ),
    Reason(
        "task.skipped",
        "{task} was skipped",
        "{why}",
        "Nothing, where that is meant; else change the condition or the trigger rule, and clear it in Airflow's UI.",
        _skipped,
    ),
    Reason(
        "task.up-for-retry",
        "{task} failed in try {number} of {tries}, and is tried again {when}",
        "{message}",
        "Mend that before its next try. All of its log: {logs}",
        _up_for_retry,
    ),
    Reason.of(SILENT["triggerer"], _no_triggerer),
    Reason(
        "task.deferred",
        "{task} is deferred: it waits without a pod for {trigger}",
        "What it waits for has not come yet. {taken}.",
        "Wait, or make what it waits for happen. Its log, and the triggerer's: {logs}; ./airstrip logs triggerer",
        _deferred,
    ),
    Reason(
        "task.sensor-waiting",
        "{task} is a sensor that has not seen yet what it looks for, since {since}",
        "Its condition does not hold. {last}",
        "Make what it looks for happen, or mend where it looks. All of its log: {logs}",
        _sensor,
    ),
)
