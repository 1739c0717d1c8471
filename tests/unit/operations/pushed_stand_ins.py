"""A deployment whose volume is a folder of this machine: only the pod is left out."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from airstrip.airflow_api import Dag
from airstrip.dags import VolumeState, sending
from airstrip.dags.revisions import Revisions
from airstrip.errors import AirflowError
from airstrip.kube import inventory
from airstrip.operations.session import Session
from airstrip.spec.resolved import Dags, Namespaces


@dataclass
class FolderVolume:
    """As airstrip.dags.Volume, without its pod."""

    root: Path
    sent: int = 0

    @property
    def _revisions(self) -> Revisions:
        return Revisions(self.root)

    def state(self) -> VolumeState:
        found = self._revisions.state()
        return VolumeState(found["live"], found["history"], frozenset(found["kept"]))

    def send(self, revision: str, folder: Path) -> None:
        self.sent += 1
        archive = io.BytesIO()
        sending.archive(folder, archive)
        archive.seek(0)
        self._revisions.receive(revision, archive)

    def switch(self, revision: str, record: Mapping[str, Any]) -> None:
        self._revisions.switch(revision, dict(record))

    def prune(self, wanted: Collection[str]) -> list[str]:
        return self._revisions.prune(wanted)

    def fingerprints(self, revision: str) -> dict[str, str]:
        return self._revisions.fingerprints(revision)

    def read(self, revision: str, names: Sequence[str], most: int) -> dict[str, bytes | None]:
        return {name: self._revisions.read(revision, name, most) for name in names}


@dataclass
class Airflow:
    """Has read whatever is live; `used` are versions of runs that go on, None where it does not answer."""

    volume: FolderVolume
    used: frozenset[str] | None = frozenset()

    @property
    def scheduling(self) -> Airflow:
        return self

    def versions_in_use(self) -> frozenset[str]:
        if self.used is None:
            raise AirflowError("airflow.unreachable", "it is away")
        return self.used

    def dags(self) -> list[Any]:
        live = self.volume.state().live
        found = Dag("d", False, False, "main", "a.py", None, (), False, version=live)
        return [found] if live else []

    def import_errors(self) -> list[Any]:
        return []


@dataclass
class Pushed:
    """A session's parts; `annotations` are the inventory's."""

    folder: Path
    volume: FolderVolume
    keep: int = 3
    annotations: dict[str, str] = field(default_factory=dict)
    platform: str = "local"
    used: frozenset[str] | None = frozenset()

    @property
    def spec(self) -> Any:
        dags = Dags(path=self.folder, pushed=True, keep=self.keep)
        return SimpleNamespace(name="mine", dags=dags, namespaces=Namespaces(control="c", workers="w"))

    @property
    def session(self) -> Session:
        return cast(Session, self)

    @property
    def cluster(self) -> Pushed:
        return self

    @property
    def airflow(self) -> Airflow:
        return Airflow(self.volume, self.used)

    def get(self, _: str, __: str, name: str, ___: str) -> dict[str, Any] | None:
        return {"metadata": {"annotations": self.annotations}} if name == inventory.NAME else None

    def patch(self, _: str, __: str, name: str, body: Mapping[str, Any], ___: str) -> None:
        assert name == inventory.NAME
        self.annotations |= body["metadata"]["annotations"]


class FreeLease:
    """Nobody else is there."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> FreeLease:
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> tuple[()]:
        return ()


@contextmanager
def opened(session: Any, _: object, *, writes: bool, **__: object) -> Iterator[FolderVolume]:
    yield session.volume
