"""What was seen of Airflow: frozen, JSON-able, without the value of any secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class HeartbeatFact:
    """What Airflow says of one of its processes; `age` is in seconds, None where it never ran."""

    component: str
    state: str
    age: float | None = None


@dataclass(frozen=True)
class SecretFact:
    """A Secret that something of the deployment reads: never what is in it.

    `missing` are keys that it lacks or that are empty, `malformed` those whose value cannot be right;
    `keeps_password` is false where the database's URL has another password than the key `password`.
    """

    name: str
    present: bool
    readers: Sequence[str] = ()
    missing: Sequence[str] = ()
    malformed: Sequence[str] = ()
    keeps_password: bool = True


@dataclass(frozen=True)
class ReaderFact:
    """A pod that reads a Secret into its environment; `current`: it started with what the Secret holds now.

    `keys` are the environment's names.
    """

    component: str
    pod: str
    secret: str
    keys: Sequence[str]
    current: bool


@dataclass(frozen=True)
class ImageFact:
    """The image that a component's workload asks for."""

    component: str
    image: str


@dataclass(frozen=True)
class SettingFact:
    """A variable AIRFLOW__SECTION__OPTION that Airflow does not know by this name; `new` is its name now."""

    component: str
    name: str
    new: str = ""


@dataclass(frozen=True)
class SignFact:
    """Lines of the last minute in which a component says something that we know the meaning of (signs.py)."""

    sign: str
    component: str
    pod: str
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class ImportErrorFact:
    """`message` is the last line of Python's own words."""

    file: str
    bundle: str
    message: str


@dataclass(frozen=True)
class PoolFact:
    """`slots` is -1 where it has no limit; `scheduled` tasks wait for a slot."""

    name: str
    slots: int
    running: int = 0
    queued: int = 0
    scheduled: int = 0


@dataclass(frozen=True)
class TaskFact:
    """A task that waits as `state`, for `seconds`."""

    dag: str
    run: str
    task: str
    state: str
    seconds: float
    pool: str = ""


@dataclass(frozen=True)
class TaskSignFact:
    """Lines of a log of a task that ended in the last minute whose meaning we know."""

    sign: str
    dag: str
    run: str
    task: str
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class OverdueFact:
    """A DAG whose next run was due `seconds` ago and is not made."""

    dag: str
    seconds: float


@dataclass(frozen=True)
class AirflowFacts:
    """What is not known is at its default.

    `version` is what Airflow's API says. `ahead` is by how many seconds its clock is ahead of ours;
    `unreadable` are stored things that the Fernet key does not decrypt, `undecrypted` what the api-server logged of
    them; `active` counts tasks that are queued
    or run; `admins` people's active accounts with the role Admin.
    """

    version: str = ""
    database: str = ""
    ahead: float | None = None
    heartbeats: Sequence[HeartbeatFact] = ()
    secrets: Sequence[SecretFact] = ()
    readers: Sequence[ReaderFact] = ()
    images: Sequence[ImageFact] = ()
    settings: Sequence[SettingFact] = ()
    parallelism: int | None = None
    signs: Sequence[SignFact] = ()
    import_errors: Sequence[ImportErrorFact] = ()
    pools: Sequence[PoolFact] = ()
    waiting: Sequence[TaskFact] = ()
    active: int = 0
    task_signs: Sequence[TaskSignFact] = ()
    overdue: Sequence[OverdueFact] = ()
    unreadable: Sequence[str] = ()
    undecrypted: Sequence[str] = ()
    admins: int | None = None

    def joined(self, more: AirflowFacts) -> AirflowFacts:
        """What `more` says goes before what was known; what it leaves at its default it does not speak of."""
        said = {each.name: getattr(more, each.name) for each in fields(AirflowFacts)}
        empty = AirflowFacts()
        return replace(self, **{name: value for name, value in said.items() if value != getattr(empty, name)})
