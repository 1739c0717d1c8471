"""What the verbs of `dags` give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class LastRunData(TypedDict):
    run: str
    state: str
    started: str | None


class DagData(TypedDict):
    """`schedule` is Airflow's summary, None where the DAG is only triggered; `version` that of a bundle with versions,
    or the digest of the image that has the DAGs.

    `importError`: its file cannot be imported any more; what is shown was read before.
    """

    dag: str
    bundle: str
    version: str | None
    file: str
    paused: bool
    schedule: str | None
    importError: bool
    lastRun: LastRunData | None


class FileErrorData(TypedDict):
    """`message` is the last line of Python's own words, `line` that of the file, where Airflow kept it."""

    file: str
    bundle: str
    line: int | None
    message: str


class DagsData(TypedDict):
    name: str
    dags: Sequence[DagData]
    importErrors: Sequence[FileErrorData]


class DefectData(TypedDict):
    """`level` is `broken` (Airflow refuses it), `missing` (it fails when it runs) or `warning`."""

    level: Literal["broken", "missing", "warning"]
    code: str
    file: str
    line: int | None
    dag: str
    task: str
    message: str
    cause: str
    fix: str
    evidence: str


class DagsCheckData(TypedDict):
    """`files` and `dags` are how many were read; `airflow` is the version that read them.

    `path` is the folder; of git each bundle with its commit: `main at 0a1b2c3d4e`.
    """

    name: str
    path: str
    airflow: str
    files: int
    dags: int
    defects: Sequence[DefectData]
    seconds: float
