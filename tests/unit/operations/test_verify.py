"""What becomes of a property that cannot be looked at."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import KubernetesError
from airstrip.events import Notice, Warned, discard
from airstrip.operations.properties import Outcome, Property, Scene


class Noted:
    """A scene that only hears of errors."""

    def notice(self, error: Exception) -> None:
        self.error = error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KubernetesError("kubernetes.unreachable", "no answer", fix="Wait."), "kubernetes.unreachable"),
        (TypeError("string indices must be integers"), "verify.unforeseen"),
    ],
)
def test_what_is_not_seen_is_not_proved_and_the_others_are_looked_at(error: Exception, code: str) -> None:
    def prove(_: Scene) -> Outcome:
        raise error

    verify: Any = import_module("airstrip.operations.verify")
    outcome = verify._look(Property("xcom", "what one pod returns comes to another", prove), cast(Scene, Noted()))
    assert outcome.state == "failed"
    assert str(error) in outcome.text
    assert (outcome.finding.code, bool(outcome.finding.fix)) == (code, True)


def test_ctrl_c_while_all_is_taken_away_begins_that_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    verify: Any = import_module("airstrip.operations.verify")
    begun: list[bool] = []

    def clean(_: Any, *, in_airflow: bool, own: str) -> list[str]:
        assert own == "airstrip_verify_0123abcd"
        begun.append(in_airflow)
        if len(begun) == 1:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(verify, "clean", clean)
    scene = SimpleNamespace(session=None, has_made=True, is_down=False, name="airstrip_verify_0123abcd")
    with pytest.raises(KeyboardInterrupt):
        verify._clean_up(scene, discard)
    assert begun == [True, True]


@pytest.mark.parametrize("removed", ["b" * 40, None])
def test_a_verify_that_is_cut_off_tells_what_it_has_pushed(
    monkeypatch: pytest.MonkeyPatch, removed: str | None
) -> None:
    verify: Any = import_module("airstrip.operations.verify")
    monkeypatch.setattr(verify, "clean", lambda *_, **__: [])
    pushed = {"branch": "main", "repo": "https://h/d", "path": "a.py", "added": "a" * 40, "removed": removed}

    def interrupted(_: Scene) -> Outcome:
        raise KeyboardInterrupt

    told: list[Any] = []
    scene = SimpleNamespace(
        session=None,
        has_made=True,
        is_down=False,
        name="x",
        pushed=pushed,
        meet_airflow=lambda: None,
        start=lambda _: 0,
    )
    with pytest.raises(KeyboardInterrupt):
        verify._prove(scene, [Property("dags", "DAGs come", interrupted)], told.append)
    warned = [event.code for event in told if isinstance(event, Warned)]
    assert warned == ([] if removed else ["verify.git-left"])
    (notice,) = [event.message for event in told if isinstance(event, Notice)]
    assert "a" * 10 in notice
    assert ("b" * 10 if removed else "a.py") in notice
