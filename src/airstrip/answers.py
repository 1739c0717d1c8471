"""The data of each verb's Result, as the `--json` contract has it: keys in camelCase, JSON values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

State = Literal["healthy", "degraded", "incomplete", "stopped"]


class Namespaces(TypedDict):
    control: str
    workers: str


class UpData(TypedDict):
    """`changed` counts objects, `seconds` is what it took; `username` is None where `admin` was deleted."""

    name: str
    url: str
    username: str | None
    place: str
    airflow: str
    namespaces: Namespaces
    changed: int
    seconds: float


class DownData(TypedDict):
    name: str
    wasRunning: bool
    dataDeleted: bool


class StageData(TypedDict):
    """`changes` are objects with their fields; `knownAfter` names the stage that this one waits for."""

    name: str
    commands: Sequence[str]
    changes: Sequence[Mapping[str, Any]]
    knownAfter: str | None


class PlanData(TypedDict):
    """`counts` are objects by what happens to them: add, change, replace, remove."""

    name: str
    changed: bool
    counts: Mapping[str, int]
    stages: Sequence[StageData]


class ComponentData(TypedDict):
    component: str
    ready: int
    wanted: int
    healthy: bool
    image: str


class RunRow(TypedDict):
    dag: str
    run: str
    state: str
    started: str | None


class ImportErrorData(TypedDict):
    """`message` is the last line of Python's own words."""

    file: str
    bundle: str | None
    message: str


class StatusData(TypedDict):
    """What could not be seen is not there. `health` is None for what never ran."""

    name: str
    state: State
    components: Sequence[ComponentData]
    url: NotRequired[str]
    place: NotRequired[str]
    placeState: NotRequired[str]
    versions: NotRequired[Mapping[str, str]]
    health: NotRequired[Mapping[str, str | None]]
    runs: NotRequired[Sequence[RunRow]]
    importErrors: NotRequired[Sequence[ImportErrorData]]


class HistoryData(TypedDict):
    """Releases, oldest first: see airstrip.operations.history.Release."""

    name: str
    history: Sequence[Mapping[str, Any]]


# `map` is -1 where the task is not mapped; `state` is None before it is scheduled.
TaskData = TypedDict(
    "TaskData",
    {"task": str, "map": int, "try": int, "state": str | None, "queued": str | None, "started": str | None},
)


class RunData(TypedDict):
    """`logs` are lines by task, `NAME[3]` for a mapped one."""

    dag: str
    run: str
    state: str
    tasks: Sequence[TaskData]
    logs: Mapping[str, Sequence[str]]


class TroubleData(TypedDict):
    task: str
    map: int
    state: str | None


class WhyData(TypedDict):
    """What was asked about; `because` is the task that explains it, where that is another one."""

    dag: str
    run: str | None
    runState: str | None
    task: str | None
    map: int
    state: str | None
    because: NotRequired[TroubleData]


class UserData(TypedDict):
    """`own` is the command line's account; `password` is there only where it was generated."""

    username: str
    roles: Sequence[str]
    email: str
    firstName: str
    lastName: str
    active: bool
    lastLogin: str | None
    own: bool
    password: NotRequired[str]


class UsersData(TypedDict):
    name: str
    users: Sequence[UserData]


class DeletedUserData(TypedDict):
    username: str


class OpenData(TypedDict):
    """`username` is None where `admin` was deleted."""

    url: str
    username: str | None


class WrittenData(TypedDict):
    written: Sequence[str]


class ImagesData(TypedDict):
    """References by digest. Without `airflow` where the file names a ready image."""

    postgresql: str
    airflow: NotRequired[str]


class KeptData(TypedDict):
    kept: Sequence[str]


class NodeData(TypedDict):
    """`components` are states and restarts by name; what is None is not there while the node does not run."""

    name: str
    state: str
    running: bool
    ready: bool
    port: int | None
    apiUrl: str | None
    pid: int | None
    startedAt: str | None
    versions: Mapping[str, str]
    components: Mapping[str, Mapping[str, Any]]


class NodeBuildData(TypedDict):
    folder: str
    key: str
    versions: Mapping[str, str]


class NodeCheckData(TypedDict):
    """What a build would need; `space` are folders with the bytes that are needed and free."""

    ok: bool
    binaries: NodeBuildData | None
    hasSources: bool
    go: Mapping[str, str] | None
    goAccepted: str
    goToInstall: str
    missingPackages: Sequence[str]
    space: Sequence[Mapping[str, Any]]


PropertyName = Literal[
    "task",
    "isolation",
    "least-access",
    "network",
    "dags",
    "xcom",
    "secrets",
    "triggerer",
    "versions",
    "fernet",
    "migration",
    "scheduler",
    "web",
    "ingress",
    "pod-security",
]


class PropertyData(TypedDict):
    """`text` is what was seen, or why it does not apply; `findings` are the codes of those that go with a failure."""

    property: PropertyName
    title: str
    state: Literal["proved", "failed", "not-applicable"]
    text: str
    limits: Sequence[str]
    findings: Sequence[str]
    seconds: float


class VerifyData(TypedDict):
    """`left` is what could not be taken away again, `stays` what is not meant to be."""

    name: str
    properties: Sequence[PropertyData]
    left: Sequence[str]
    stays: str
    seconds: float


class NodeNameData(TypedDict):
    name: str


class NodePruneData(TypedDict):
    name: str
    everything: bool


class CheckData(TypedDict):
    """`state` is ok, failed or skipped; `detail` says why."""

    name: str
    state: str
    detail: str
    seconds: float


class DoctorData(TypedDict):
    """`checked` is what was looked at, `fine` the codes of rules that find nothing in that.

    `collected` is RFC 3339; `facts` is the file that was written.
    """

    name: str
    collected: str
    checked: Sequence[CheckData]
    fine: Sequence[str]
    facts: NotRequired[str]


class CodeEntry(TypedDict):
    message: str
    cause: str
    fix: str


class CodeData(TypedDict):
    """Several entries where a code is raised in several places."""

    code: str
    entries: Sequence[CodeEntry]


class CleanedPod(TypedDict):
    namespace: str
    pod: str
    dag: str
    task: str
    reason: str


class CleanData(TypedDict):
    """Pods of tasks that are over; `deleted` how many of them were."""

    name: str
    pods: Sequence[CleanedPod]
    deleted: int
