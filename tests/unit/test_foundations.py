"""errors, events, result, platform: the values that every part passes on."""

from __future__ import annotations

import dataclasses
import json

import pytest

from airstrip.errors import AirstripError, KubernetesError, Problem, SpecError, UsageError
from airstrip.events import (
    Event,
    LogLine,
    Notice,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
    Warned,
    discard,
    event_to_dict,
    step,
)
from airstrip.findings import Finding
from airstrip.platform import Binding, Platform, SharedVolume
from airstrip.result import Result, error_document

EVENTS: list[Event] = [
    StepStarted("a", "A"),
    StepProgress("a", "m", 1.0),
    StepFinished("a", "A", 2.0, "n"),
    StepFailed("a", "A", 2.0),
    Notice("m"),
    Warned("x.y", "m", "f"),
    LogLine("s", "t"),
]


def test_an_error_is_what_why_and_what_next() -> None:
    error = AirstripError("x.y", "m", cause="c", fix="f", details="d")
    assert str(error) == "m"
    assert error.to_dicts() == [{"code": "x.y", "message": "m", "cause": "c", "fix": "f", "details": "d"}]


def test_exit_codes_are_the_contracts() -> None:
    assert AirstripError("x.y", "m").exit_code == 1
    assert UsageError("x.y", "m").exit_code == 2
    assert SpecError([Problem("x.y", "", "m", "f", "a", 1, 1)]).exit_code == 2
    assert KubernetesError("x.y", "m", status=403).status == 403


def test_problems_come_in_the_order_of_lines() -> None:
    problems = [Problem("x.y", "p", "m", "f", "a.yaml", line, 1) for line in (3, 1, 2)]
    error = SpecError(problems)
    assert [problem.place for problem in error.problems] == ["a.yaml:1:1", "a.yaml:2:1", "a.yaml:3:1"]
    assert str(error) == "a.yaml: 3 problems"
    assert str(SpecError(problems[:1])) == "a.yaml: 1 problem"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_is_a_json_line(event: Event) -> None:
    line = json.loads(json.dumps(event_to_dict(event)))
    assert line.pop("event")
    assert line == dataclasses.asdict(event)
    discard(event)


def test_a_step_tells_its_beginning_progress_and_end() -> None:
    events: list[Event] = []
    with step(events.append, "node.start", "Start the node") as progress:
        progress.say("etcd")
        progress.note = "cached"
    assert [type(event) for event in events] == [StepStarted, StepProgress, StepFinished]
    assert isinstance(events[-1], StepFinished)
    assert events[-1].note == "cached"


def test_a_step_that_raises_failed() -> None:
    events: list[Event] = []
    with pytest.raises(KeyboardInterrupt), step(events.append, "a", "A"):
        raise KeyboardInterrupt
    assert isinstance(events[-1], StepFailed)


def test_a_document_has_always_the_same_keys() -> None:
    keys = ["apiVersion", "verb", "ok", "exitCode", "data", "findings", "errors"]
    good = Result("status", {"a": 1}).to_document()
    bad = Result("status", {}, [Finding("x.y", "s", "c", "f")], exit_code=3).to_document()
    failed = error_document("status", UsageError("x.y", "m"))
    assert [list(document) for document in (good, bad, failed)] == [keys] * 3
    assert [(document["ok"], document["exitCode"]) for document in (good, bad, failed)] == [
        (True, 0),
        (False, 3),
        (False, 2),
    ]
    assert bad["findings"] == [{"code": "x.y", "symptom": "s", "cause": "c", "fix": "f", "evidence": ""}]


def test_a_platform_lacks_what_it_does_not_have() -> None:
    dags = SharedVolume("dags", "ReadWriteOnce", {"control": Binding("v", "", "1Gi")})
    platform = Platform("here", None, (dags,), "http://x", ("10.0.0.0/16",), ("10.1.0.0/16",), ())
    assert platform.volume("dags") is dags
    assert platform.volume("logs") is None
