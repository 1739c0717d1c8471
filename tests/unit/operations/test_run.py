from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import Dag, DagRun, LogRecord, TaskInstance, TaskLog
from airstrip.errors import AirflowError, AirstripError, KubernetesError
from airstrip.events import Event, LogLine, Notice, StepProgress
from airstrip.findings import Finding
from airstrip.operations import Session, run
from airstrip.place import PlaceFact
from airstrip.result import Result
from airstrip.spec.resolved import Dags, Database

TASK = TaskInstance("d", "r", "t", -1, 1, 0, "success", None, None, None, None, None, None)
RUN = DagRun("d", "r", "running", "manual", None, None, None, None, None, None)
DAG = Dag("d", False, False, "main", "d.py", None, (), False)
ALIVE = {
    "metadata": {"uid": "u", "creationTimestamp": "", "annotations": {"dag_id": "d", "run_id": "r", "task_id": "t"}},
    "status": {"phase": "Running"},
}


@dataclass
class Fake:
    """Airflow and a cluster whose answers come in turn; the last one stays."""

    known_after: int = 0
    states: list[str | BaseException] = field(default_factory=lambda: ["success"])
    pods: list[list[Any] | BaseException] = field(default_factory=lambda: [[]])
    logs: list[list[str]] = field(default_factory=lambda: [["one"]])
    folder: Path | None = None
    is_paused: bool = False
    asked: int = 0
    now: float = 0.0
    late: float = 0.0
    place: str = "ready"
    tasks: list[TaskInstance] = field(default_factory=lambda: [TASK])

    def session(self) -> Session:
        namespaces = SimpleNamespace(control="air", workers="workers")
        release = SimpleNamespace(version="3.3.2", executor="kubernetes", config={})
        spec = SimpleNamespace(
            name="air",
            namespaces=namespaces,
            task_namespaces=("workers",),
            airflow=release,
            dags=Dags(path=self.folder),
            database=Database(),
        )
        target = SimpleNamespace(facts=lambda: PlaceFact("local", self.place), describe=lambda: "there")
        return cast("Session", SimpleNamespace(spec=spec, cluster=self, airflow=self, target=target, make_cluster=None))

    def dag(self, dag_id: str) -> Dag:
        self.asked += 1
        if self.asked <= self.known_after:
            raise AirflowError("airflow.dag-not-found", f"Airflow knows no DAG {dag_id}")
        return replace(DAG, is_paused=self.is_paused)

    def unpause(self, _: str) -> None:
        self.is_paused = False

    def trigger(self, *_: object) -> DagRun:
        return RUN

    def dag_run(self, *_: object) -> DagRun:
        return replace(RUN, state=_next(self.states))

    def task_instances(self, *_: object) -> list[TaskInstance]:
        return self.tasks

    def task_log(self, *_: object, **__: object) -> TaskLog:
        return TaskLog(tuple(LogRecord(event) for event in _next(self.logs)), is_merged=False)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def list(self, *_: object, **__: object) -> Any:
        return _next(self.pods)


def _next(answers: Any) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, BaseException):
        raise answer
    return answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fake:
    fake = Fake(folder=tmp_path)
    # The package's name `run` is the function.
    module = import_module("airstrip.operations.run")
    clock = SimpleNamespace(sleep=fake.sleep, monotonic=lambda: fake.now, time=lambda: time.time() + fake.late)
    monkeypatch.setattr(module, "time", clock)
    return fake


def go(fake: Fake) -> tuple[list[str], list[Event]]:
    events: list[Event] = []
    result = run(fake.session(), "d", {}, events.append, timeout=60)
    return list(result.data["logs"]["t"]), events


def test_what_a_task_writes_after_its_end_is_printed_too(fake: Fake) -> None:
    fake.pods = [[ALIVE], [ALIVE], []]
    fake.logs = [["one"], ["one"], ["one", "one", "two"]]
    fake.states = ["running", "success"]
    lines, events = go(fake)
    assert lines == ["one", "one", "two"]
    assert [event.text for event in events if isinstance(event, LogLine)] == lines


def test_a_pod_that_does_not_end_is_not_waited_for_without_end(fake: Fake) -> None:
    fake.pods = [[ALIVE]]
    lines, _ = go(fake)
    assert lines == ["one"]
    assert fake.now <= 11


def test_a_dag_that_was_saved_a_moment_ago_is_waited_for(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    saved = tmp_path / "team" / "d.py"
    saved.touch()
    # As `mv` or `cp -p` leave it.
    os.utime(saved, (0, 0))
    fake.known_after = 12
    assert go(fake)[0] == ["one"]
    fake.asked, fake.known_after, fake.now = 0, 100, 0.0
    with pytest.raises(AirflowError, match="knows no DAG d"):
        go(fake)
    assert 19 <= fake.now <= 21


@pytest.mark.parametrize("saved", ["", "notes.txt", ".git/hooks.py", "__pycache__/d.py", "old.py"])
def test_any_other_unknown_dag_fails_at_once(fake: Fake, tmp_path: Path, saved: str) -> None:
    if saved:
        (tmp_path / saved).parent.mkdir(exist_ok=True)
        (tmp_path / saved).touch()
    fake.late = 31 if saved == "old.py" else 0
    fake.known_after = 100
    for fake.folder in (tmp_path, None, tmp_path / "missing"):
        with pytest.raises(AirflowError, match="knows no DAG d"):
            go(fake)
    assert fake.asked == 3


def test_ctrl_c_says_that_the_run_goes_on_and_how_to_look_at_it(fake: Fake) -> None:
    fake.states = ["running", KeyboardInterrupt()]
    events: list[Event] = []
    with pytest.raises(KeyboardInterrupt):
        run(fake.session(), "d", {}, events.append, timeout=60)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert "d goes on as run r" in notice.message
    assert "./airstrip status" in notice.message
    assert "./airstrip logs d TASK --run r -F" in notice.message


AWAY = AirflowError("airflow.unreachable", "Airflow cannot be reached")
STARTING = AirflowError("airflow.unavailable", "Airflow failed: HTTP 503")
NO_CLUSTER = KubernetesError("kubernetes.unreachable", "the API server cannot be reached")


def test_an_airflow_or_a_cluster_that_is_away_for_a_while_is_waited_for(fake: Fake) -> None:
    fake.states = ["running", AWAY, *[STARTING] * 20, "running", AWAY, "success"]
    fake.pods = [NO_CLUSTER, NO_CLUSTER, []]
    lines, events = go(fake)
    assert lines == ["one"]
    said = {event.message for event in events if isinstance(event, StepProgress)}
    assert {AWAY.message, STARTING.message, NO_CLUSTER.message} <= said


def test_the_items_of_a_mapped_task_are_counted_and_not_each_named(fake: Fake) -> None:
    """A hundred of them were three lines, all the same, every twenty seconds."""
    fake.states = ["running", *["running"] * 90, "success"]
    states = ["running", *["scheduled"] * 97, "success"]
    fake.tasks = [replace(TASK, task_id="square", map_index=index, state=state) for index, state in enumerate(states)]
    fake.tasks += [TASK, replace(TASK, task_id="total", state=None)]
    _, events = go(fake)
    said = {event.message for event in events if isinstance(event, StepProgress)}
    assert "square running, square scheduled (97), total waiting" in said


def failure(fake: Fake) -> AirstripError:
    with pytest.raises(AirstripError) as raised:
        go(fake)
    return raised.value


def test_one_that_stays_away_ends_it_in_time_and_the_run_is_named(fake: Fake) -> None:
    fake.states = ["running", AWAY]
    error = failure(fake)
    assert (error.code, error.cause) == ("run.timeout", f"Last state: {AWAY.message}")
    assert "d goes on as run r" in error.fix
    assert 60 <= fake.now <= 62


def test_what_else_ends_it_names_the_run_too(fake: Fake) -> None:
    fake.states = ["running", AirflowError("airflow.forbidden", "not allowed", fix="Give it the role Admin.")]
    error = failure(fake)
    assert error.code == "airflow.forbidden"
    assert error.fix.startswith("Give it the role Admin. d goes on as run r.")
    assert fake.now < 2


def test_a_run_that_does_not_end_in_time_is_named_with_its_state(fake: Fake) -> None:
    fake.states = ["running"]
    error = failure(fake)
    assert (error.code, error.cause) == ("run.timeout", "Last state: running; ")
    assert "--run r -F" in error.fix
    assert error.findings == []


@pytest.mark.parametrize("states", [["running"], ["running", AirflowError("airflow.forbidden", "not allowed")]])
def test_a_run_that_cannot_be_followed_to_its_end_ends_with_what_doctor_finds(fake: Fake, states: list[Any]) -> None:
    fake.states, fake.place = states, "stopped"
    assert [finding.code for finding in failure(fake).findings] == ["deployment.not-running"]


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_dag_that_is_unpaused_is_told_of(fake: Fake, is_paused: bool) -> None:
    fake.is_paused = is_paused
    _, events = go(fake)
    assert not fake.is_paused
    notices = [event.message for event in events if isinstance(event, Notice)]
    assert ["d was paused" in notice and "schedule" in notice for notice in notices] == [True] * is_paused


def test_a_run_that_failed_ends_with_what_doctor_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("airstrip.operations.run"), "why", lambda *_, **__: _next([AWAY]))
    ended = run(Fake(states=["failed"], place="stopped").session(), "d", {}, lambda _: None, timeout=5)
    assert [finding.code for finding in ended.findings] == ["run.failed", "deployment.not-running"]
    ended = run(Fake(states=["failed"]).session(), "d", {}, lambda _: None, timeout=5)
    assert [finding.code for finding in ended.findings] == ["run.failed"]


EXCEPTION = Finding("task.exception", "t failed with an exception", "ValueError: no.", "Mend the task.")


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Result("why", {}, [EXCEPTION], 3), "task.exception"), (AWAY, "run.failed"), (Result("why", {}), "run.failed")],
)
def test_a_run_that_failed_ends_with_what_why_says_of_it(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, answer: Any, code: str
) -> None:
    asked = []

    def why(*arguments: object, run_id: str, map_index: int) -> Any:
        asked.append((arguments[1:], run_id, map_index))
        return _next([answer])

    monkeypatch.setattr(import_module("airstrip.operations.run"), "why", why)
    fake.states = ["failed"]
    result = run(fake.session(), "d", {}, lambda event: None, timeout=60)
    assert (result.exit_code, [finding.code for finding in result.findings]) == (3, [code])
    assert asked == [(("d", None), "r", -1)]


@pytest.mark.parametrize(
    ("surprise", "told"), [(KeyError("state"), ["internal.unexpected"]), (KeyboardInterrupt(), [])]
)
def test_whatever_goes_wrong_in_explaining_the_run_s_own_answer_stands(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, surprise: BaseException, told: list[str]
) -> None:
    monkeypatch.setattr(import_module("airstrip.operations.run"), "why", lambda *_, **__: _next([surprise]))
    fake.states = ["failed"]
    result = run(fake.session(), "d", {}, lambda event: None, timeout=60)
    assert (result.exit_code, result.data["state"]) == (3, "failed")
    assert [finding.code for finding in result.findings] == ["run.failed", *told]
    assert [finding.origin for finding in result.findings[1:]] == [surprise] * len(told)
