"""Until Airflow has read what an image has: by who read a DAG when, and whose file is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import Dag, DagImportError
from airstrip.dags import Facts, ParsedDags, ParsedFile
from airstrip.dags.facts import ParsedDag
from airstrip.events import Event, Warned
from airstrip.operations import Session, dags_awaited
from airstrip.spec import Dags

STARTED, BEFORE, AFTER = "2026-11-21T10:00:00Z", "2026-11-21T09:59:59.5Z", "2026-11-21T10:00:00.5Z"


def dag(name: str, parsed: str, **more: Any) -> Dag:
    plain = {"is_paused": False, "is_stale": False, "bundle_name": "main", "description": None, "tags": ()}
    own = {"dag_id": name, "file": f"{name}.py", "has_import_errors": False, "last_parsed": parsed}
    return Dag(**{**plain, **own, **more})


@dataclass
class Airflow:
    """Answers with one set of DAGs after the other, and stays with the last."""

    answers: list[list[Dag]]
    asked: int = 0
    said: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    errors: tuple[DagImportError, ...] = ()

    def import_errors(self) -> tuple[DagImportError, ...]:
        return self.errors

    def dags(self) -> list[Dag]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def pod(started: str, **metadata: str) -> dict[str, Any]:
    status = {"name": "dag-processor", "state": {"running": {"startedAt": started}}}
    return {"metadata": metadata, "status": {"containerStatuses": [{"name": "mine", "state": {}}, status]}}


PODS = [pod(STARTED), pod("2026-11-21T11:00:00Z", deletionTimestamp="2026-11-21T11:01:00Z")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dags_awaited, "_POLL_SECONDS", 0.01)
    for name in ("one.py", "two.py", "packed.zip"):
        (tmp_path / name).touch()
    return tmp_path


def wait(
    folder: Path,
    *answers: list[Dag],
    timeout: float = 5.0,
    pods: list[dict[str, Any]] = PODS,
    checked: bool = True,
    errors: tuple[DagImportError, ...] = (),
) -> Airflow:
    airflow = Airflow(list(answers), errors=errors)
    spec = SimpleNamespace(
        name="mine", dags=Dags(in_image=True, baked=folder), namespaces=SimpleNamespace(control="mine")
    )
    cluster = SimpleNamespace(list=lambda *_, **__: pods)
    session = cast(Session, SimpleNamespace(spec=spec, cluster=cluster, airflow=airflow))
    files = (ParsedFile("one.py", dags=(ParsedDag("one"), ParsedDag("two"))), ParsedFile("x.py", "airstrip"))
    facts = Facts(ParsedDags(files)) if checked else None
    dags_awaited.await_dags(session, facts, folder, airflow.events.append, airflow.said.append, timeout=timeout)
    return airflow


READ = [dag("one", AFTER), dag("two", AFTER)]


@pytest.mark.parametrize(
    "before",
    [
        [],
        [dag("one", AFTER)],
        [dag("one", AFTER), dag("two", BEFORE)],
        [*READ, dag("gone", AFTER)],
    ],
)
def test_it_waits_for_what_is_not_read_and_for_what_is_gone(folder: Path, before: list[Dag]) -> None:
    airflow = wait(folder, before, before, READ)
    assert (airflow.asked, airflow.said[0]) == (3, airflow.said[1])
    assert airflow.events == []


@pytest.mark.parametrize(
    "others",
    [
        [dag("two", BEFORE, has_import_errors=True)],
        [dag("two", AFTER), dag("other", BEFORE, bundle_name="airstrip")],
        [dag("two", AFTER), dag("zipped", BEFORE, file="packed.zip/sub/zipped.py")],
    ],
)
def test_it_does_not_wait_for_what_will_not_come_or_go(folder: Path, others: list[Dag]) -> None:
    assert wait(folder, [dag("one", AFTER), *others]).asked == 1


def test_what_is_not_read_in_time_is_a_warning_with_its_name(folder: Path) -> None:
    (event,) = wait(folder, [dag("one", AFTER)], timeout=0.05).events
    assert isinstance(event, Warned)
    assert (event.code, "two" in event.message) == ("dags.not-read", True)


def test_without_a_processor_nothing_is_read(folder: Path) -> None:
    (event,) = wait(folder, READ, timeout=0.05, pods=[]).events
    assert isinstance(event, Warned)


SOURCE = "from airflow.sdk import DAG"
SMOKE = dag("smoke", AFTER, bundle_name="airstrip")


@pytest.mark.parametrize(
    "before",
    [
        [dag("one", BEFORE), dag("two", BEFORE), SMOKE],
        [dag("one", AFTER), SMOKE],
        [dag("one", AFTER), dag("two", BEFORE, has_import_errors=True), SMOKE],
        [*READ, dag("gone", AFTER)],
    ],
    ids=["the image of before", "a new file", "one that was broken", "a file that went"],
)
def test_what_nobody_checked_is_waited_for_by_its_files(folder: Path, before: list[Dag]) -> None:
    """By force, or after an `up` that failed once its check had passed."""
    for name in ("one", "two"):
        (folder / f"{name}.py").write_text(SOURCE)
    (folder / "packed.zip").unlink()
    airflow = wait(folder, before, before, [*READ, SMOKE], checked=False)
    assert (airflow.asked, airflow.events) == (3, [])


def test_an_unchecked_file_that_cannot_be_imported_has_been_read(folder: Path) -> None:
    (folder / "two.py").write_text(SOURCE)
    (folder / "packed.zip").unlink()
    refused = DagImportError("two.py", "main", AFTER, "NameError: x")
    assert wait(folder, [dag("one", AFTER)], checked=False, errors=(refused,)).asked == 1


def test_a_file_that_is_never_heard_of_is_not_waited_for_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "helper.py").write_text(SOURCE)
    (folder / "packed.zip").unlink()
    monkeypatch.setattr(dags_awaited, "_UNHEARD_SECONDS", 0.1)
    assert wait(folder, READ, checked=False).asked > 3
    # Where nothing was landed: it has read for a minute.
    old = [dag("one", "2026-11-21T10:01:00Z"), dag("two", "2026-11-21T10:01:00Z")]
    assert wait(folder, old, checked=False).asked == 1
