"""What was seen of a DAG, one of its runs and one task of that, in Airflow and in the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from airstrip.airflow_api import (
    AuditEntry,
    Backfill,
    DagDetails,
    DagRun,
    Dependency,
    Heartbeat,
    Pool,
    TaskDefinition,
    TaskInstance,
)
from airstrip.diagnose.airflow.facts import ImportErrorFact
from airstrip.diagnose.facts import EventFact, Facts
from airstrip.diagnose.match import Composed

FAILED = ("failed", "up_for_retry")
"""States of a task whose last try failed."""
WAITS_FOR_SCHEDULER = (None, "scheduled")


@dataclass(frozen=True)
class ActiveTasks:
    """How many tasks run or are queued, and names of some of them: `dag.task`."""

    count: int = 0
    names: Sequence[str] = ()


@dataclass(frozen=True)
class WhyFacts:
    """`task` is the one that is explained; `asked` the one that was asked about, which may wait for it.

    `running_runs` are those that Airflow counts with this one: those of a backfill by themselves; `backfill` is the
    run's own. `pods` are names of the task's own pods, present and past, `children` of those that it made itself;
    `cluster` has those pods with their events and their claims', and the nodes. `log` is the end of the task's log,
    `log_unread` why it could not be read, `scheduler_log` what the scheduler wrote about its pods. `now` is RFC 3339;
    `namespace` is that of tasks' pods, `control` the control plane's; `task_pods`: each task has a pod of its own;
    `parallelism` is what each of the `schedulers` lets be at work at once.
    """

    dag: DagDetails
    now: str
    namespace: str = ""
    control: str = ""
    import_error: ImportErrorFact | None = None
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=dict)
    run: DagRun | None = None
    is_run_chosen: bool = False
    running_runs: Sequence[str] = ()
    backfill: Backfill | None = None
    tasks: Sequence[TaskInstance] = ()
    definitions: Mapping[str, TaskDefinition] = field(default_factory=dict)
    task: TaskInstance | None = None
    asked: TaskInstance | None = None
    dependencies: Sequence[Dependency] = ()
    pool: Pool | None = None
    in_pool: ActiveTasks = ActiveTasks()
    everywhere: ActiveTasks = ActiveTasks()
    task_pods: bool = True
    parallelism: int = 0
    schedulers: int = 1
    audit: Sequence[AuditEntry] = ()
    log: Sequence[str] = ()
    log_unread: str = ""
    scheduler_log: Sequence[str] = ()
    pods: Sequence[str] = ()
    children: Sequence[str] = ()
    cluster: Facts = field(default_factory=Facts)

    @property
    def state(self) -> str | None:
        """The explained task's."""
        return self.task.state if self.task else None

    @property
    def task_label(self) -> str:
        """The explained task's, empty where there is none."""
        return label(self.task) if self.task else ""

    @property
    def has_failed(self) -> bool:
        return self.task is not None and self.task.state in FAILED

    @property
    def awaits_scheduler(self) -> bool:
        return self.task is not None and self.task.state in WAITS_FOR_SCHEDULER

    @property
    def run_is_over(self) -> bool:
        return self.run is not None and self.run.ended

    def active(self, task_id: str = "") -> ActiveTasks:
        """Those of this run, or of one task in it, that are running or queued."""
        at_work = [task for task in self.tasks if task.state in ("running", "queued")]
        mine = [f"{task.dag_id}.{label(task)}" for task in at_work if task_id in ("", task.task_id)]
        return ActiveTasks(len(mine), mine)

    def unmet(self, name: str) -> str:
        """Airflow's words on a dependency that is not met; empty where it is."""
        return next((found.reason for found in self.dependencies if found.name == name), "")

    def events(self) -> Iterator[EventFact]:
        """Of the task's pods and those that it made, oldest first."""
        about = {f"Pod/{name}" for name in (*self.pods, *self.children)}
        return (event for event in self.cluster.events if event.about in about)


def label(task: TaskInstance) -> str:
    """`load`, or `load[3]` where it is mapped."""
    return task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"


def command(verb: str, task: TaskInstance) -> Composed:
    """A command line about this task: `./airstrip logs d t --run r --map 3`."""
    index = f" --map {task.map_index}" if task.map_index >= 0 else ""
    return Composed(f"./airstrip {verb} {task.dag_id} {task.task_id} --run {task.run_id}{index}")
