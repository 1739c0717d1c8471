"""What landing, looking and running give, and accounts and images."""

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


class FileChangeData(TypedDict):
    file: str
    change: Literal["added", "removed", "changed"]


class DagsWayData(TypedDict):
    """Where a bundle of DAGs comes from, in words; None where it is new, or goes."""

    bundle: str
    before: str | None
    after: str | None


class DagsDeliveredData(TypedDict):
    """A folder that `up` pushes, or brings in the image. `revision` is of its files, `before` the live one where it is
    known; `files` is None where nobody could say which of them differ."""

    by: Literal["push", "image"]
    folder: str
    revision: str
    before: str | None
    files: Sequence[FileChangeData] | None


class DagsPlanData(TypedDict):
    """`rolls` are the workloads whose pods are replaced for it."""

    ways: Sequence[DagsWayData]
    delivered: DagsDeliveredData | None
    rolls: Sequence[str]


class PlanData(TypedDict):
    """`counts` are objects by what happens to them: add, change, replace, remove; `dags` is None where nothing does."""

    name: str
    changed: bool
    counts: Mapping[str, int]
    stages: Sequence[StageData]
    dags: DagsPlanData | None


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


class ProjectData(TypedDict):
    """`secrets` says where each value is from: a reference, or `typed`. `place` is the file's, where one declares it.

    `source` is `file` or `command`; one that is not `landed` is in the file only. `folder` is this machine's, where
    it holds the data; `url` that of an object store. `quota` has Kubernetes' names, such as `requests.cpu`.
    """

    project: str
    source: str
    place: str | None
    landed: bool
    config: Mapping[str, str]
    secrets: Mapping[str, str]
    pool: int | None
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    namespace: str
    quota: Mapping[str, str]
    folder: str | None
    url: str | None


class ProjectsData(TypedDict):
    name: str
    projects: Sequence[ProjectData]


class RemovedProjectData(TypedDict):
    """`folder` is where its data was, or still is; `url` where it is in an object store, which keeps it."""

    project: str
    dataDeleted: bool
    folder: str | None
    url: str | None


class OpenData(TypedDict):
    """`username` is None where `admin` was deleted; `forwarded`: nothing answers there but while `open` forwards."""

    url: str
    username: str | None
    forwarded: bool


class WrittenData(TypedDict):
    written: Sequence[str]


class ExampleData(TypedDict):
    example: str
    dag: str
    about: str


class ExamplesData(TypedDict):
    examples: Sequence[ExampleData]
