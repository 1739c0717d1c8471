"""What was seen in a cluster at one moment: frozen, JSON-able, and all that a rule may look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airstrip.diagnose import document
from airstrip.diagnose.airflow.facts import AirflowFacts
from airstrip.diagnose.namespace_facts import (
    AccessFact,
    DnsFact,
    MissingFact,
    NamespaceFact,
    QuotaFact,
    StuckFact,
    TaskPodFact,
    WorkloadFact,
)
from airstrip.place import PlaceFact

VERSION = 1
"""Of the document that `to_dict` makes."""
SUCCESS_OVERTIME = 20.0
"""Seconds: Airflow's own core.task_success_overtime."""


@dataclass(frozen=True)
class ContainerFact:
    """`state`: waiting, running or terminated; `reason`, `message` and `exit_code` are that state's.

    `last_*` are of the life before the last restart; `log` is the last lines, only of a container
    that is not well. `init` containers run before the others;
    `last_ended` is how many seconds ago the last life ended.
    """

    name: str
    image: str
    state: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    ready: bool = False
    restarts: int = 0
    last_reason: str = ""
    last_exit_code: int | None = None
    log: Sequence[str] = ()
    init: bool = False
    last_message: str = ""
    last_ended: float | None = None


@dataclass(frozen=True)
class PodFact:
    """`component` is empty where the pod is not the deployment's own, as one that an operator or somebody made.
    `owner` is the Job, ReplicaSet or StatefulSet, `Kind/name`; `age` is in seconds, as is `unready`, since it
    is not ready; `unschedulable` is the scheduler's message."""

    namespace: str
    name: str
    component: str
    owner: str
    phase: str
    age: float
    node: str = ""
    reason: str = ""
    message: str = ""
    unschedulable: str = ""
    claims: Sequence[str] = ()
    containers: Sequence[ContainerFact] = ()
    unready: float = 0.0
    uid: str = ""

    @property
    def waiting(self) -> bool:
        """No container of it has started yet."""
        return all(container.state == "waiting" for container in self.containers)

    @property
    def is_ready(self) -> bool:
        return all(container.ready for container in self.containers if not container.init)


@dataclass(frozen=True)
class EventFact:
    """`about` is `Kind/name`, `uid` its; `last_seen` is RFC 3339."""

    namespace: str
    about: str
    reason: str
    message: str
    warning: bool
    count: int
    last_seen: str
    uid: str = ""


@dataclass(frozen=True)
class JobFact:
    namespace: str
    name: str
    component: str
    complete: bool
    failed: bool
    message: str = ""


@dataclass(frozen=True)
class ClaimFact:
    """`phase`: Pending, Bound or Lost; `component` is empty where Airstrip did not make it."""

    namespace: str
    name: str
    phase: str
    volume: str = ""
    storage_class: str = ""
    component: str = ""


@dataclass(frozen=True)
class NodeFact:
    """`pressures` are the conditions that hold of DiskPressure, MemoryPressure and PIDPressure.

    `lost` where the node itself says nothing any more; `clock` is how many seconds its clock is ahead of the
    API server's, as far as its lease tells.
    """

    name: str
    ready: bool
    message: str = ""
    pressures: Sequence[str] = ()
    lost: bool = False
    clock: float = 0.0
    architecture: str = ""


@dataclass(frozen=True)
class ProbeFact:
    """How one look went: `ok`, `failed` or `skipped`; `detail` says why, `code`, `cause` and `fix` are the error's.

    `forbidden` are namespaces that one which is ok could not see.
    """

    name: str
    state: str
    detail: str = ""
    seconds: float = 0.0
    code: str = ""
    cause: str = ""
    fix: str = ""
    forbidden: Sequence[str] = ()


@dataclass(frozen=True)
class DeploymentFact:
    """What the file asks for, as far as rules look at it. `task_pods`: each task has a pod of its own.
    `dags_from_git`: any of them. `database_is_ours`: a part of the deployment, not what database.url names. `projects`
    are the namespaces that projects have of their own. `success_overtime` is how many seconds callbacks and listeners
    of a task have, once Airflow was told of its end.
    """

    name: str
    control: str
    workers: str
    airflow_version: str = ""
    airstrip_version: str = ""
    task_pods: bool = True
    dags_from_git: bool = False
    database_is_ours: bool = True
    projects: tuple[str, ...] = ()
    success_overtime: float = SUCCESS_OVERTIME

    @property
    def namespaces(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.control, self.workers, *self.projects)))

    @property
    def of_tasks(self) -> tuple[str, ...]:
        """Those that tasks' pods are in."""
        return (self.workers, *self.projects)


@dataclass(frozen=True)
class Facts:
    """Everything that rules look at. What could not be read is at its default, and `probes` says so.

    `nodes` is empty where we may not read them; `collected` is RFC 3339; `clock` is how many seconds the API
    server's clock is ahead of this machine's.
    """

    deployment: DeploymentFact | None = None
    collected: str = ""
    probes: Sequence[ProbeFact] = ()
    place: PlaceFact | None = None
    pods: Sequence[PodFact] = ()
    events: Sequence[EventFact] = ()
    jobs: Sequence[JobFact] = ()
    claims: Sequence[ClaimFact] = ()
    nodes: Sequence[NodeFact] = ()
    clock: float | None = None
    namespaces: Sequence[NamespaceFact] = ()
    quotas: Sequence[QuotaFact] = ()
    workloads: Sequence[WorkloadFact] = ()
    missing: Sequence[MissingFact] = ()
    stuck: Sequence[StuckFact] = ()
    access: Sequence[AccessFact] = ()
    dns: DnsFact | None = None
    task_pods: Sequence[TaskPodFact] = ()
    airflow: AirflowFacts | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON values only."""
        return {"version": VERSION, **document.write(self)}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Facts:
        """What `to_dict` made. Raises ValueError for anything else."""
        if value.get("version") != VERSION:
            raise ValueError(f"version {VERSION} is expected")
        return document.read(cls, {key: item for key, item in value.items() if key != "version"})

    def containers(self) -> Iterator[tuple[PodFact, ContainerFact]]:
        for pod in self.pods:
            for container in pod.containers:
                yield pod, container

    def about(self, components: Collection[str]) -> Facts:
        """Of some components, with what all stand on: claims and nodes."""
        owners = tuple(f"{component}-" for component in components)
        events = (event for event in self.events if f"{event.about.partition('/')[2]}-".startswith(owners))
        claims = (event for event in self.events if event.about.startswith("PersistentVolumeClaim/"))
        return replace(
            self,
            pods=tuple(pod for pod in self.pods if pod.component in components),
            events=(*events, *claims),
            jobs=tuple(job for job in self.jobs if job.component in components),
            workloads=tuple(workload for workload in self.workloads if workload.component in components),
            missing=(),
            access=(),
            stuck=(),
            probes=(),
            task_pods=(),
            airflow=None,
        )

    def probe(self, name: str) -> ProbeFact | None:
        return next((probe for probe in self.probes if probe.name == name), None)

    def events_about(self, kind: str, name: str, namespace: str, uid: str = "") -> list[EventFact]:
        """Oldest first. With `uid`, not those of another object that had the same name."""
        about = [event for event in self.events if event.about == f"{kind}/{name}" and event.namespace == namespace]
        return [event for event in about if not uid or event.uid in ("", uid)]
