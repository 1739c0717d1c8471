"""Airflow's processes, and the DAG as a whole: its file, its switch, its schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from airstrip import times
from airstrip.diagnose.airflow.components import SILENT, silence
from airstrip.diagnose.airflow.dags import DAG_RULES
from airstrip.diagnose.airflow.facts import AirflowFacts, ImportErrorFact
from airstrip.diagnose.airflow.work import LATE, OVERDUE, overdue
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.reason import Reason, found
from airstrip.diagnose.why.words import is_before, moment

_RUN_IT = "Run it: ./airstrip run {dag}"


def _no_scheduler(facts: WhyFacts) -> Iterator[Match]:
    if not facts.run_is_over:
        yield from silent(facts, "scheduler")


def silent(facts: WhyFacts, component: str) -> Iterator[Match]:
    """One that sends no heartbeats, as Airflow itself judges."""
    beat = facts.heartbeats.get(component)
    if beat and beat.state != "healthy":
        age = times.age(beat.last, times.moment(facts.now)) if beat.last else None
        yield found(subject=f"{facts.control}/{component}", **silence(component, facts.control, age))


def _unimportable(rule: Rule) -> Reason:
    """What keeps its file from being imported."""

    def matches(facts: WhyFacts) -> Iterator[Match]:
        if not facts.is_run_chosen and (error := _import_error(facts)):
            yield from rule.matches(Facts(airflow=AirflowFacts(import_errors=(error,))))

    return Reason.of(rule.explanation, matches)


def _import_error(facts: WhyFacts) -> ImportErrorFact | None:
    if facts.import_error or not facts.dag.has_import_errors:
        return facts.import_error
    return ImportErrorFact(facts.dag.file or facts.dag.dag_id, "", "Airflow says that its file has import errors")


def _stale(facts: WhyFacts) -> Iterator[Match]:
    if facts.dag.is_stale and not facts.is_run_chosen and not facts.import_error:
        yield found(dag=facts.dag.dag_id, file=facts.dag.file)


def _paused(facts: WhyFacts) -> Iterator[Match]:
    """A run that ended was not kept from running; only a schedule would make another one."""
    scheduled = facts.dag.schedule and not facts.is_run_chosen and facts.run and facts.run.state == "success"
    if facts.dag.is_paused and (not facts.run_is_over or scheduled):
        yield found(dag=facts.dag.dag_id)


def _before_a_first_run(matches: Callable[[WhyFacts], Iterator[Match]]) -> Callable[[WhyFacts], Iterator[Match]]:
    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.run is None:
            yield from matches(facts)

    return narrowed


def _awaits_another_run(facts: WhyFacts) -> bool:
    """Nothing ran yet; or what is asked is of the DAG as a whole, whose newest run succeeded."""
    is_asked_for = facts.asked is None and not facts.is_run_chosen
    return facts.run is None or (facts.run.state == "success" and is_asked_for)


def _ended(facts: WhyFacts) -> Iterator[Match]:
    if _awaits_another_run(facts) and is_before(facts.dag.end_date, facts.now):
        yield found(dag=facts.dag.dag_id, end=moment(facts.dag.end_date))


@_before_a_first_run
def _not_started(facts: WhyFacts) -> Iterator[Match]:
    start = facts.dag.start_date
    if facts.dag.schedule and start and is_before(facts.now, start):
        yield found(dag=facts.dag.dag_id, start=moment(start))


@_before_a_first_run
def _not_due(facts: WhyFacts) -> Iterator[Match]:
    following = facts.dag.next_run_after
    if following and is_before(facts.now, following):
        catchup = "" if facts.dag.catchup else " catchup is off: what was due before is not made up for."
        yield found(dag=facts.dag.dag_id, schedule=facts.dag.schedule, next=moment(following), catchup=catchup)


def _overdue(facts: WhyFacts) -> Iterator[Match]:
    """The scheduler makes none of a DAG that is paused or cannot be imported, or has as many runs as it may."""
    dag, due = facts.dag, facts.dag.next_run_after
    if not _awaits_another_run(facts) or not due or dag.is_paused or facts.import_error:
        return
    seconds = times.age(due, times.moment(facts.now))
    is_full = 0 < dag.max_active_runs <= len(facts.running_runs)
    if seconds > (0 if facts.run is None else LATE) and not is_full:
        yield overdue(dag.dag_id, seconds)


@_before_a_first_run
def _no_schedule(facts: WhyFacts) -> Iterator[Match]:
    # Of a file that cannot be imported nobody knows the schedule.
    if not facts.dag.schedule and not facts.import_error:
        yield found(dag=facts.dag.dag_id)


REASONS = (
    Reason.of(SILENT["scheduler"], _no_scheduler),
    *(replace(_unimportable(rule), group="import") for rule in DAG_RULES),
    Reason(
        "dag.stale",
        "no file defines {dag} any more",
        "Its file {file} was deleted or moved, or it defines the DAG no longer.",
        "Put it back under that name: Airflow reads it by itself.",
        _stale,
    ),
    Reason(
        "dag.paused",
        "{dag} is paused: the scheduler starts neither its runs nor their tasks",
        "A new DAG is paused, or somebody switched it off.",
        "Switch it on in Airflow's UI; or, for one more run too: ./airstrip run {dag}",
        _paused,
    ),
    Reason(
        "dag.ended",
        "{dag} is over",
        "Its end_date was {end}.",
        "Take end_date out of the DAG, or set a later one.",
        _ended,
    ),
    Reason(
        "dag.not-started",
        "{dag} has not begun",
        "Its start_date is {start}.",
        "Set an earlier start_date; or run it now: ./airstrip run {dag}",
        _not_started,
    ),
    Reason(
        "dag.not-due",
        "{dag} is not due yet",
        "Its schedule ({schedule}) makes its first run at {next}.{catchup}",
        "Wait; or run it now: ./airstrip run {dag}",
        _not_due,
    ),
    Reason.of(OVERDUE, _overdue),
    Reason(
        "dag.no-schedule",
        "{dag} has not run yet",
        "It has no schedule: it runs only when somebody triggers it.",
        _RUN_IT,
        _no_schedule,
    ),
)
