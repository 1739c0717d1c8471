"""What the verbs of images give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict


class ImagesData(TypedDict):
    """References by digest. Without `airflow` where the file names a ready image; `dags` with dags.image alone;
    `tasks` by the image's name."""

    postgresql: NotRequired[str]
    airflow: NotRequired[str]
    dags: NotRequired[str]
    tasks: Mapping[str, str]


class ContainerfileData(TypedDict):
    """`containerfile` is its text; `written` are files, where a folder was named."""

    image: str
    containerfile: str
    written: Sequence[str]


class KeptData(TypedDict):
    kept: Sequence[str]


class TaskImageData(TypedDict):
    """`reference` is what was built last, by its digest; `name` what a DAG names: whatever was built last.

    `state`: `current`; `changed` since it was built; `absent`, which was never built here; `unknown`, which this user
    has not built, though root may have; `unlocked`, whose requirements have no lock. `size` in bytes.
    """

    image: str
    source: Literal["own", "library"]
    description: str
    folder: str
    state: Literal["current", "changed", "absent", "unknown", "unlocked"]
    name: str
    reference: str | None
    size: int
    built: str | None


class TaskImagesData(TypedDict):
    """`folder` is where your own are looked for."""

    folder: str
    images: Sequence[TaskImageData]


class LockedData(TypedDict):
    """Names of images: whose lock is another one now, and whose is as it was."""

    changed: Sequence[str]
    unchanged: Sequence[str]


class PushedData(TypedDict):
    """`reference` is by digest; `uploaded` are bytes, of what the registry did not have."""

    image: str
    reference: str
    tag: str
    uploaded: int


class ImageTestData(TypedDict):
    """`log` are the check's last lines, `code` its exit code."""

    image: str
    reference: str
    code: int
    log: Sequence[str]
