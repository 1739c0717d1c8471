"""Collects WhyFacts: some questions to Airflow, then the task's pods with their events. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from airstrip import times
from airstrip.airflow_api import AirflowClient, DagRun, TaskInstance
from airstrip.diagnose.airflow.api_probe import import_errors
from airstrip.diagnose.airflow.facts import ImportErrorFact
from airstrip.diagnose.airflow.look import AIRFLOW_COMPONENTS
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.readable import in_each
from airstrip.diagnose.why.facts import ActiveTasks, WhyFacts, label
from airstrip.diagnose.why.focus import root_of
from airstrip.diagnose.why.pod_labels import executor_selector, is_of, operator_selector
from airstrip.errors import AirflowError
from airstrip.kube import Cluster, pod_log
from airstrip.redaction import CUT, lines_without_credentials

_LOG_LINES = 400
_SCHEDULER_LINES = 4000
_SCHEDULER_BYTES = 8 << 20
_LONGEST_LINE = 4000
_HAS_POD = ("queued", "running", "failed", "up_for_retry", "restarting")
_CREATING = re.compile(r"with pod name ([\w.-]+)")
_BUILDING = re.compile(r"(?:Building pod|[Pp]od) ([a-z0-9][\w.-]*[a-z0-9]) (?:with labels|returned a failure)")


@dataclass(frozen=True)
class Where:
    """Of a deployment: its name, its namespaces, its schedulers, and what each of them lets be at work at once.

    `task_pods`: each task has a pod of its own.
    """

    name: str
    control: str
    workers: str
    parallelism: int
    schedulers: int = 1
    projects: tuple[str, ...] = ()
    """Namespaces that projects have of their own."""
    task_pods: bool = True

    @property
    def of_tasks(self) -> tuple[str, ...]:
        return (self.workers, *self.projects)


def collect(client: AirflowClient, where: Where, known: WhyFacts) -> WhyFacts:
    """What else Airflow knows, as it knows it now; the DAG, its run with its tasks, and what is asked are known."""
    run, ask = known.run, client.scheduling
    open_run = run if run and not run.ended else None
    # Of a DAG whose next run may be due, those that may keep it.
    running = ask.running_runs(known.dag.dag_id) if open_run or (run and known.dag.next_run_after) else ()
    facts = replace(
        known,
        now=times.now().isoformat(),
        import_error=import_error_of(client, known.dag.file),
        heartbeats=client.health().components,
        running_runs=_counted_with(open_run, running),
        backfill=ask.backfill(known.dag.dag_id) if open_run and open_run.is_backfill_s else None,
        namespace=where.workers,
        control=where.control,
        task_pods=where.task_pods,
        parallelism=where.parallelism,
        schedulers=where.schedulers,
    )
    task = root_of(facts.asked, facts.tasks, facts.definitions) if facts.asked else None
    return _about_task(client, replace(facts, task=task), task) if task else facts


def _counted_with(run: DagRun | None, running: Sequence[DagRun]) -> list[str]:
    """Or with one that the schedule makes."""
    is_backfill_s = run is not None and run.is_backfill_s
    return [other.run_id for other in running if other.is_backfill_s is is_backfill_s]


def _about_task(client: AirflowClient, facts: WhyFacts, task: TaskInstance) -> WhyFacts:
    ask = client.scheduling
    if facts.awaits_scheduler:
        facts = replace(
            facts,
            dependencies=ask.dependencies(task),
            pool=ask.pool(task.pool),
            in_pool=_active(ask.active_tasks(pool=task.pool)),
            everywhere=_active(ask.active_tasks()),
        )
    facts = replace(facts, audit=ask.audit(task))
    try:
        return replace(facts, log=_log(client, task))
    except AirflowError as error:
        # The rest was answered a moment ago: it is the log that is slow, large or not there, as in a store of logs.
        return replace(facts, log_unread=error.message)


def import_error_of(client: AirflowClient, *files: str) -> ImportErrorFact | None:
    """Of the first of these files that cannot be imported."""
    errors = {error.file: error for error in import_errors(client)}
    return next((errors[file] for file in files if file in errors), None)


def add_cluster(facts: WhyFacts, cluster: Cluster, where: Where, seen: Facts) -> WhyFacts:
    """With the task's pods, of all that was `seen`. Raises KubernetesError where the cluster does not answer."""
    task = facts.task
    if task is None or task.state not in _HAS_POD:
        return replace(facts, cluster=replace(seen, pods=(), events=()))
    scheduler_log = _scheduler_log(cluster, where, task)
    pods = [*_names(cluster, where, executor_selector(where.name), task), *_found(_CREATING, scheduler_log)]
    pods += [task.hostname] if task.hostname and not _is_control_s(task.hostname, seen) else []
    children = [*_names(cluster, where, operator_selector(task), task), *_found(_BUILDING, facts.log)]
    own, made = tuple(dict.fromkeys(pods)), tuple(name for name in dict.fromkeys(children) if name not in pods)
    about = {*own, *made}
    mine = [pod for pod in seen.pods if pod.name in about]
    named = {*about, *(claim for pod in mine for claim in pod.claims)}
    return replace(
        facts,
        scheduler_log=[line for line in scheduler_log if _key(task) in line or any(name in line for name in own)],
        pods=own,
        children=made,
        cluster=replace(
            seen,
            pods=mine,
            events=[event for event in seen.events if event.about.partition("/")[2] in named],
            jobs=(),
        ),
    )


def _is_control_s(name: str, seen: Facts) -> bool:
    """Whether the task ran beside others in one of Airflow's own pods, whose ends are not the task's."""
    return any(pod.name == name and pod.component in AIRFLOW_COMPONENTS for pod in seen.pods)


def _active(answer: tuple[int, Sequence[TaskInstance]]) -> ActiveTasks:
    count, tasks = answer
    return ActiveTasks(count, [f"{task.dag_id}.{label(task)}" for task in tasks])


def _log(client: AirflowClient, task: TaskInstance) -> Sequence[str]:
    """The end of its last try's; a task that was never tried has none."""
    if task.try_number == 0:
        return ()
    log = client.task_log_end(task, records=_LOG_LINES)
    lines = [line for record in log.records for line in record.lines()][-_LOG_LINES:]
    return _cut(lines_without_credentials(lines))


def _names(cluster: Cluster, where: Where, selector: str, task: TaskInstance) -> list[str]:
    """In the namespaces that we may look into."""
    listed, _ = in_each(where.of_tasks, lambda name: cluster.list("v1", "Pod", name, label_selector=selector))
    return [pod["metadata"]["name"] for pods in listed for pod in pods if is_of(pod["metadata"], task)]


def _found(pattern: re.Pattern[str], lines: Sequence[str]) -> list[str]:
    return [found[1] for line in lines if (found := pattern.search(line))]


def _scheduler_log(cluster: Cluster, where: Where, task: TaskInstance) -> list[str]:
    """Lines about the task, and those about the pods that were made for it."""
    selector = f"app.kubernetes.io/component=scheduler,app.kubernetes.io/instance={where.name}"
    lines: list[str] = []
    for pod in cluster.list("v1", "Pod", where.control, label_selector=selector):
        name = pod["metadata"]["name"]
        lines += pod_log(
            cluster, name, where.control, container="scheduler", tail=_SCHEDULER_LINES, most=_SCHEDULER_BYTES
        )
    mine = [line for line in lines if _key(task) in line]
    names = _found(_CREATING, mine)
    wanted = (line for line in lines if _key(task) in line or any(name in line for name in names))
    return _cut(lines_without_credentials(wanted))


def _cut(lines: Sequence[str]) -> list[str]:
    """Marked as cut, for whoever strikes secrets out of it: the last may be the half of one."""
    return [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}{CUT}" for line in lines]


def _key(task: TaskInstance) -> str:
    """As Python writes a TaskInstanceKey."""
    return (
        f"dag_id={task.dag_id!r}, task_id={task.task_id!r}, run_id={task.run_id!r}, "
        f"try_number={task.try_number}, map_index={task.map_index}"
    )
