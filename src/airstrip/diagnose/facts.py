"""What was seen in a cluster at one moment: frozen, JSON-able, and all that a rule may look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ContainerFact:
    """`state`: waiting, running or terminated; `reason`, `message` and `exit_code` are that state's.

    `last_*` are of the life before the last restart; `log` is the last lines, only of a container
    that is not well.
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


@dataclass(frozen=True)
class PodFact:
    """`owner` is the Job, ReplicaSet or StatefulSet, `Kind/name`; `age` is in seconds; `unschedulable` the
    scheduler's message."""

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

    @property
    def waiting(self) -> bool:
        """No container of it has started yet."""
        return all(container.state == "waiting" for container in self.containers)


@dataclass(frozen=True)
class EventFact:
    """`about` is `Kind/name`; `last_seen` is RFC 3339."""

    namespace: str
    about: str
    reason: str
    message: str
    warning: bool
    count: int
    last_seen: str


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
    """`phase`: Pending, Bound or Lost."""

    namespace: str
    name: str
    phase: str
    volume: str = ""
    storage_class: str = ""


@dataclass(frozen=True)
class NodeFact:
    """`pressures` are the conditions that hold of DiskPressure, MemoryPressure and PIDPressure."""

    name: str
    ready: bool
    message: str = ""
    pressures: Sequence[str] = ()


@dataclass(frozen=True)
class Facts:
    """Everything, of some namespaces; `nodes` is empty where we may not read them."""

    pods: Sequence[PodFact] = ()
    events: Sequence[EventFact] = ()
    jobs: Sequence[JobFact] = ()
    claims: Sequence[ClaimFact] = ()
    nodes: Sequence[NodeFact] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values only."""
        return asdict(self)

    def containers(self) -> Iterator[tuple[PodFact, ContainerFact]]:
        for pod in self.pods:
            for container in pod.containers:
                yield pod, container

    def about(self, components: Collection[str]) -> Facts:
        """Of some components, with what all stand on: claims and nodes."""
        owners = tuple(f"{component}-" for component in components)
        events = (event for event in self.events if f"{event.about.partition('/')[2]}-".startswith(owners))
        claims = (event for event in self.events if event.about.startswith("PersistentVolumeClaim/"))
        return Facts(
            pods=[pod for pod in self.pods if pod.component in components],
            events=[*events, *claims],
            jobs=[job for job in self.jobs if job.component in components],
            claims=self.claims,
            nodes=self.nodes,
        )

    def events_about(self, kind: str, name: str, namespace: str) -> list[EventFact]:
        """Oldest first."""
        return [event for event in self.events if event.about == f"{kind}/{name}" and event.namespace == namespace]
