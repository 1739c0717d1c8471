"""What verify, doctor and why give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict


class TroubleData(TypedDict):
    task: str
    map: int
    state: str | None


class WhyData(TypedDict):
    """What was asked about; `because` is the task that explains it, where that is another one.

    `warning` says how many texts could not be looked through for secrets, and are not told.
    """

    dag: str
    run: str | None
    runState: str | None
    task: str | None
    map: int
    state: str | None
    because: NotRequired[TroubleData]
    warning: NotRequired[str]


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


class ProofPushData(TypedDict):
    """Two commits of a proof: a file was `added` to the branch, and `removed`; the seconds until Airflow had it so.

    They are None where it had not in time. `removed` is None where the file may still be there, at `path`.
    """

    bundle: str
    repo: str
    branch: str
    path: str
    added: str
    removed: str | None
    seen: float | None
    gone: float | None


class VerifyData(TypedDict):
    """`left` is what could not be taken away again, `stays` what is not meant to be; `pushed` is of `git_write`."""

    name: str
    properties: Sequence[PropertyData]
    left: Sequence[str]
    stays: str
    seconds: float
    pushed: NotRequired[ProofPushData | None]


class CheckData(TypedDict):
    """`state` is ok, failed or skipped; `detail` says why, and what is to be known of what is ok: a namespace that we
    may not look into, a quota that is full."""

    name: str
    state: str
    detail: str
    seconds: float


class DoctorData(TypedDict):
    """`checked` is what was looked at, `fine` the codes of rules that find nothing in that.

    `collected` is RFC 3339; `facts` is the file that was written; `warning` says which Secrets' values were not known,
    and may stand in it, and how many texts could not be looked through for secrets.
    """

    name: str
    collected: str
    checked: Sequence[CheckData]
    fine: Sequence[str]
    warning: NotRequired[str]
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
