"""What was seen around pods: namespaces, quotas, workloads, what was landed, who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airstrip.diagnose.quantity import quantity


@dataclass(frozen=True)
class NamespaceFact:
    """`phase` is Active or Terminating, empty where it is not there."""

    name: str
    phase: str


_EVERY_POD = frozenset(
    {"pods", "count/pods", *(f"{kind}{of}" for kind in ("", "requests.", "limits.") for of in ("cpu", "memory"))}
)
_ASKED_OF_NODES = ("requests.", "limits.", "ephemeral-storage", "hugepages-")


@dataclass(frozen=True)
class QuotaFact:
    """One resource of one ResourceQuota, in the API's own quantities; `full` where no pod has room in it."""

    namespace: str
    name: str
    resource: str
    used: str
    hard: str
    full: bool

    @property
    def stops_pods(self) -> bool:
        """Whether it may keep a task's pod out: not Services or claims, nor what is forbidden and no task asks for."""
        if self.resource in _EVERY_POD:
            return True
        of_nodes = self.resource.startswith(_ASKED_OF_NODES) and self.resource != "requests.storage"
        return of_nodes and quantity(self.hard) > 0


@dataclass(frozen=True)
class WorkloadFact:
    """A Deployment or StatefulSet of ours, of which `ready` of the `wanted` pods are ready."""

    kind: str
    namespace: str
    name: str
    component: str
    wanted: int
    ready: int


@dataclass(frozen=True)
class MissingFact:
    """An object that was landed and is not there any more."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True)
class StuckFact:
    """What should be gone since `seconds`, less than 0 within a pod's grace; `finalizers` are what holds it,
    `component` whose pod it is."""

    kind: str
    namespace: str
    name: str
    seconds: float
    finalizers: Sequence[str] = ()
    component: str = ""


@dataclass(frozen=True)
class AccessFact:
    """Whether a service account may do what its component needs; `reason` is the authorizer's."""

    account: str
    verb: str
    resource: str
    namespace: str
    allowed: bool
    reason: str = ""


@dataclass(frozen=True)
class DnsFact:
    """The cluster's DNS Service; `endpoints` are its addresses that are ready."""

    service: bool
    endpoints: int


@dataclass(frozen=True)
class TaskPodFact:
    """A pod that was made for a task: by the executor, or by the task itself where `operator`.

    `state` is the task's, `gone` where Airflow does not know its run or task any more; `ended` the seconds since
    the task ended, `age` since the pod was made.
    """

    namespace: str
    name: str
    operator: bool
    phase: str
    age: float
    dag: str
    task: str
    state: str
    ended: float = 0.0
    uid: str = ""
