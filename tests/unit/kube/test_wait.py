"""How a wait that ends too late names what it saw: a container that crashes runs between two of its ends."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, cast

import pytest

from airstrip.errors import WaitTimeout
from airstrip.kube.rollout import Look
from airstrip.kube.troubles import Trouble

MODULE = import_module("airstrip.kube.wait")
CRASH = Look(
    False, "0 of 1 ready", troubles=(Trouble("pod.crash-loop", "a-1", "a", "CrashLoopBackOff", "exit code 1"),)
)
RUNS = Look(False, "0 of 1 ready")


def end_of(looks: Iterator[Look], monkeypatch: pytest.MonkeyPatch, recent: float) -> WaitTimeout:
    monkeypatch.setattr(MODULE, "_POLL", 0.01)
    monkeypatch.setattr(MODULE, "_RECENT_SECONDS", recent)
    monkeypatch.setattr(MODULE, "gather", lambda *_: ((), ""))
    with pytest.raises(WaitTimeout) as raised:
        MODULE._wait(cast(Any, None), "Deployment a", "n", lambda: next(looks), 0.1, lambda _: None)
    return raised.value


def always(last: Look, *first: Look) -> Iterator[Look]:
    yield from first
    while True:
        yield last


def test_a_crash_of_a_moment_ago_is_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    error = end_of(always(RUNS, CRASH), monkeypatch, recent=60.0)
    assert (error.code, "exit code 1" in error.cause) == ("pod.crash-loop", True)


def test_one_of_long_ago_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert end_of(always(RUNS, CRASH), monkeypatch, recent=0.0).code == "wait.timeout"


def test_what_is_seen_last_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pending = Look(False, "0 of 1 ready", troubles=(Trouble("pod.unschedulable", "a-2", "", "Unschedulable", "full"),))
    assert end_of(always(pending, CRASH), monkeypatch, recent=60.0).code == "pod.unschedulable"
