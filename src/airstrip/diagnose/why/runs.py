"""A run that does not begin, or that ended without a task that failed."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.match import Match
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.reason import Reason, found
from airstrip.diagnose.why.words import is_before, moment, seconds_of

_NAMED = 3


def _not_due(facts: WhyFacts) -> Iterator[Match]:
    run = facts.run
    if run and run.state == "queued" and run.run_after and is_before(facts.now, run.run_after):
        yield found(run=run.run_id, after=moment(run.run_after), dag=run.dag_id)


def _max_active_runs(facts: WhyFacts) -> Iterator[Match]:
    run, most, running = facts.run, facts.dag.max_active_runs, facts.running_runs
    if run and run.state == "queued" and not run.is_backfill_s and 0 < most <= len(running):
        names = ", ".join(running[:_NAMED])
        yield found(run=run.run_id, most=most, names=names, more=most + 1, count=len(running))


def _backfill_paused(facts: WhyFacts) -> Iterator[Match]:
    if facts.run and facts.run.state == "queued" and facts.backfill and facts.backfill.is_paused:
        yield found(run=facts.run.run_id, dag=facts.run.dag_id)


def _backfill_full(facts: WhyFacts) -> Iterator[Match]:
    """It has a limit of its own."""
    run, backfill, running = facts.run, facts.backfill, facts.running_runs
    if run and run.state == "queued" and backfill and 0 < backfill.max_active_runs <= len(running):
        names = ", ".join(running[:_NAMED])
        yield found(run=run.run_id, most=backfill.max_active_runs, names=names, count=len(running))


def _timed_out(facts: WhyFacts) -> Iterator[Match]:
    """One that was ended before its time was up was ended by somebody."""
    run = facts.run
    timeout = facts.dag.run_timeout
    if not run or run.state != "failed" or not timeout or any(task.state == "failed" for task in facts.tasks):
        return
    if run.duration is not None and run.duration >= seconds_of(timeout):
        yield found(run=run.run_id, timeout=timeout, dag=run.dag_id)


def _queued(facts: WhyFacts) -> Iterator[Match]:
    run = facts.run
    if run and run.state == "queued":
        yield found(run=run.run_id, since=moment(run.queued_at))


def _failed(facts: WhyFacts) -> Iterator[Match]:
    run = facts.run
    if run and run.state == "failed" and facts.task is None:
        yield found(run=run.run_id, dag=run.dag_id)


REASONS = (
    Reason(
        "run.not-due",
        "run {run} is not due yet",
        "It is to begin after {after}.",
        "Wait; or run the DAG now: ./airstrip run {dag}",
        _not_due,
    ),
    Reason(
        "run.max-active-runs",
        "run {run} waits: {count} runs of its DAG go on, and max_active_runs is {most}",
        "These run: {names}.",
        "Wait until one ends, or end one in Airflow's UI; or write max_active_runs={more} into the DAG.",
        _max_active_runs,
    ),
    Reason(
        "run.backfill-paused",
        "run {run} waits: its backfill is paused",
        "Somebody paused it in Airflow's UI, which holds all of its runs that have not begun.",
        "Let it go on in Airflow's UI, at the top of {dag}; or cancel it there.",
        _backfill_paused,
    ),
    Reason(
        "run.backfill-full",
        "run {run} waits: {count} runs of its backfill go on, and the backfill's max_active_runs is {most}",
        "These run: {names}.",
        "Wait until one ends, or end one in Airflow's UI; or cancel the backfill there, and make it anew with more.",
        _backfill_full,
    ),
    Reason(
        "run.timed-out",
        "run {run} was ended as failed, though no task failed",
        "It took longer than the DAG's dagrun_timeout ({timeout}).",
        "Give it more time, dagrun_timeout in the DAG; then run it: ./airstrip run {dag}",
        _timed_out,
    ),
    Reason(
        "run.queued",
        "run {run} is queued since {since}",
        "The scheduler has not come to it yet.",
        "Wait some seconds; if it stays so: ./airstrip logs scheduler",
        _queued,
        is_last_resort=True,
    ),
    Reason(
        "run.failed",
        "run {run} failed, though no task of it did",
        "Somebody set its state by hand, or its tasks wait for one another.",
        "Read the scheduler's log: ./airstrip logs scheduler; then run it: ./airstrip run {dag}",
        _failed,
        is_last_resort=True,
    ),
)
