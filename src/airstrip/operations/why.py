"""Why a DAG or one of its tasks does not run, or why it failed: one cause, one fix, and what else holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from airstrip.airflow_api import AirflowClient, DagDetails, DagRun, TaskInstance
from airstrip.answers import WhyData
from airstrip.diagnose import (
    DATABASE,
    NOT_SEEN,
    SILENT,
    Facts,
    Look,
    document,
    look_at_cluster,
)
from airstrip.diagnose.import_errors import import_errors
from airstrip.diagnose.why import Where, WhyFacts, add_cluster, collect, explain, in_trouble
from airstrip.errors import AirflowError, KubernetesError, UsageError
from airstrip.findings import Finding, told_once
from airstrip.manifests import CLI_SECRET, PARALLELISM
from airstrip.operations.examination import deployment_fact
from airstrip.operations.logs import COMPONENTS
from airstrip.operations.session import Session
from airstrip.redaction import Redaction
from airstrip.result import Result

_ANSWER_SECONDS = 5.0
"""For each question to Airflow, which is asked three times: one that does not answer is a finding of its own."""
_MIGRATION = "migration"
_NEEDED = ("kubernetes", "pods", "events")
"""Probes without which a task's pods cannot be explained; what the others see, only `doctor` looks at."""
_WELL = ("success", "skipped", "removed")
_SILENT = ("airflow.unreachable", "airflow.unavailable", "airflow.not-airflow")


def why(session: Session, dag_id: str, task_id: str | None, *, run_id: str | None, map_index: int) -> Result[WhyData]:
    """Exit code 3 where there is something to mend or to wait for.

    Without a run, the newest; without a task, the first in trouble. Raises `airflow.dag-not-found`,
    `airflow.run-not-found`, and UsageError for a task that the run does not have.
    """
    where = _where(session)
    look = look_at_cluster(session.cluster, deployment_fact(session.spec))
    seen, unseen = look.facts, _unseen_of_cluster(look.facts)
    try:
        with session.airflow_as(session.read_secret(CLI_SECRET), timeout=_ANSWER_SECONDS) as client:
            facts = _collect(session, client, where, (dag_id, task_id, run_id, map_index))
    except AirflowError as error:
        if error.code not in _SILENT:
            raise
        return _silent((dag_id, task_id, run_id), error, where.control, look)
    facts, more = _with_cluster(session, facts, where, seen) if not unseen else (facts, [])
    strike = look.redaction(facts)
    unseen += more
    if facts.log_unread:
        unseen.append(_unseen("the task's log", facts.log_unread, "./airstrip logs api-server"))
    # Of what ran well, nothing that could not be seen is missed.
    missed = unseen if facts.task and facts.task.state not in _WELL else ()
    findings = [*explain(facts, strike=strike), *(each.struck_out(strike) for each in missed)]
    silent = next((name for name, known in SILENT.items() if findings and findings[0].code == known.code), "")
    if silent:
        findings = [*look.findings(strike, about={silent, DATABASE}), *findings]
    return _result(_data(facts, task_id), told_once(findings), strike)


def _result(data: WhyData, findings: list[Finding], strike: Redaction) -> Result[WhyData]:
    data = document.with_texts(data, strike)
    if unread := strike.unread():
        data["warning"] = unread
    return Result("why", data, findings, 3 if findings else 0)


def _where(session: Session) -> Where:
    spec = session.spec
    said = spec.airflow.config.get("core", {}).get("parallelism", "")
    each = int(said) if said.isdigit() else PARALLELISM[spec.airflow.executor]
    schedulers = spec.components["scheduler"].replicas if "scheduler" in spec.components else 1
    control, workers = spec.namespaces.control, spec.namespaces.workers
    task_pods = spec.airflow.executor == "kubernetes"
    return Where(spec.name, control, workers, each, schedulers, spec.task_namespaces[1:], task_pods)


def _unseen_of_cluster(seen: Facts) -> list[Finding]:
    """What could not be seen is a finding: the rest may be explained without it."""
    return [
        _unseen(probe.name, probe.detail, code=probe.code)
        for probe in seen.probes
        if probe.state == "failed" and probe.name in _NEEDED
    ]


def _with_cluster(session: Session, facts: WhyFacts, where: Where, seen: Facts) -> tuple[WhyFacts, list[Finding]]:
    """Who may not read pods or the scheduler's log is told what Airflow says.

    A namespace that is closed to us is missed where the task's pod is in no other.
    """
    try:
        facts = add_cluster(facts, session.cluster, where, seen)
    except KubernetesError as error:
        return facts, [_unseen("the task's pods", error.message, code=error.code)]
    closed = [probe for probe in seen.probes if probe.name in _NEEDED and probe.forbidden]
    return facts, [] if facts.pods else [_unseen(probe.name, probe.detail) for probe in closed]


def _unseen(what: str, why_not: str, see: str = "./airstrip doctor", code: str = "") -> Finding:
    return Finding(
        code or NOT_SEEN,
        f"{what} could not be looked at: {why_not}",
        "What it would have shown is not known.",
        f"See what else is wrong: {see}",
    )


def _collect(
    session: Session, client: AirflowClient, where: Where, asked: tuple[str, str | None, str | None, int]
) -> WhyFacts:
    dag_id, task_id, run_id, map_index = asked
    dag = client.scheduling.dag(dag_id)
    if dag is None:
        return _unknown_dag(client, dag_id, session.spec.dags.folder)
    run = _run(client, dag_id, run_id)
    definitions = client.scheduling.tasks(dag_id)
    if run is None and task_id and task_id not in definitions:
        raise _no_task(dag_id, task_id, [*definitions])
    tasks = client.task_instances(dag_id, run.run_id) if run else ()
    known = WhyFacts(dag, now="", run=run, is_run_chosen=run_id is not None, tasks=tasks, definitions=definitions)
    return collect(client, where, replace(known, asked=_task(known, task_id, map_index)))


def _unknown_dag(client: AirflowClient, dag_id: str, folder: Path | None) -> WhyFacts:
    """Explained where a file that cannot be imported may be the one that defines it; else raises."""
    for error in import_errors(client):
        if PurePosixPath(error.file).stem == dag_id or (folder and _mentions(folder / error.file, dag_id)):
            return WhyFacts(DagDetails(dag_id, file=error.file), now="", import_error=error)
    client.dag(dag_id)
    raise AssertionError(f"Airflow knows {dag_id} now, and did not a moment ago")


def _mentions(path: Path, dag_id: str) -> bool:
    try:
        return dag_id.encode() in path.read_bytes()
    except OSError:
        return False


def _run(client: AirflowClient, dag_id: str, run_id: str | None) -> DagRun | None:
    if run_id:
        return client.dag_run(dag_id, run_id)
    return next(iter(client.dag_runs(dag_id, limit=1)), None)


def _task(known: WhyFacts, task_id: str | None, map_index: int) -> TaskInstance | None:
    """The one that is named, of mapped ones the first in trouble; without a name, that of the whole run."""
    if known.run is None:
        return None
    if task_id is None:
        # A run that succeeded has no trouble, whatever became of one of its tasks.
        return None if known.run.state == "success" else in_trouble(known.tasks, known.definitions)
    dag_id, named = known.dag.dag_id, [task for task in known.tasks if task.task_id == task_id]
    if not named:
        raise _no_task(dag_id, task_id, sorted({task.task_id for task in known.tasks}))
    if map_index < 0:
        return in_trouble(named, known.definitions) or named[0]
    chosen = next((task for task in named if task.map_index == map_index), None)
    if chosen is None:
        raise _no_index(dag_id, task_id, sorted(task.map_index for task in named))
    return chosen


def _no_task(dag_id: str, task_id: str, known: list[str]) -> UsageError:
    return UsageError(
        "why.unknown-task",
        f"{dag_id} has no task {task_id} in that run",
        cause="The name is not right, or the task was added after the run was made.",
        fix=f"Its tasks: {', '.join(known)}",
    )


def _no_index(dag_id: str, task_id: str, known: list[int]) -> UsageError:
    mapped = f"Name one: --map {known[0]} … {known[-1]}" if known != [-1] else "It is not mapped: leave --map out."
    return UsageError("why.unknown-index", f"{task_id} of {dag_id} has no such map index in that run", fix=mapped)


def _silent(
    asked: tuple[str, str | None, str | None], error: AirflowError, control: str, look: Look
) -> Result[WhyData]:
    """Airflow does not answer: what ails the deployment is the cause, and Airflow's silence follows from it."""
    dag_id, task_id, run_id = asked
    silence = Finding(error.code, error.message, error.cause, error.fix, about=f"{control}/api-server")
    data: WhyData = {"dag": dag_id, "run": run_id, "runState": None, "task": task_id, "map": -1, "state": None}
    strike = look.redaction()
    findings = look.findings(strike, about={*COMPONENTS, _MIGRATION})
    return _result(data, [*findings, silence.struck_out(strike)], strike)


def _data(facts: WhyFacts, task_id: str | None) -> WhyData:
    run, task = facts.run, facts.asked if task_id else None
    data: WhyData = {
        "dag": facts.dag.dag_id,
        "run": run.run_id if run else None,
        "runState": run.state if run else None,
        "task": task.task_id if task else None,
        "map": task.map_index if task else -1,
        "state": task.state if task else None,
    }
    if facts.task and facts.task != task:
        data["because"] = {"task": facts.task.task_id, "map": facts.task.map_index, "state": facts.task.state}
    return data
