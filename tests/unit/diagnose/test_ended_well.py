"""Pods and containers that ended well, after whatever came before: nothing is wrong with them any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.facts import ContainerFact
from tests.unit.diagnose.making import pod, waiting

DONE = ContainerFact("main", "i", "terminated", "Completed", exit_code=0, restarts=2)
CRASHED = replace(DONE, last_reason="Error", last_exit_code=1)
KILLED = replace(DONE, last_reason="OOMKilled", last_exit_code=137, last_ended=30.0)
LOOPS: dict[str, Any] = {"restarts": 2, "last_exit_code": 0}


@pytest.mark.parametrize("phase", ["Succeeded", "Running"])
@pytest.mark.parametrize("container", [CRASHED, KILLED, replace(CRASHED, init=True), replace(KILLED, init=True)])
def test_a_container_that_ended_well_at_last_is_not_told_of(container: ContainerFact, phase: str) -> None:
    assert diagnose(Facts(pods=[pod("task", container, phase=phase, owner="")])) == []


@pytest.mark.parametrize(
    ("container", "code"),
    [
        (waiting("CrashLoopBackOff", last_reason="Completed", **LOOPS), "pod.crash-loop"),
        (waiting("CrashLoopBackOff", last_reason="OOMKilled", **LOOPS), "pod.oom-killed"),
        (waiting("CrashLoopBackOff", last_reason="Completed", init=True, **LOOPS), "pod.init-failing"),
        (replace(CRASHED, exit_code=1), "pod.crash-loop"),
        (replace(KILLED, exit_code=1), "pod.oom-killed"),
        (replace(CRASHED, exit_code=1, init=True), "pod.init-failing"),
    ],
)
def test_one_that_is_started_again_and_again_or_failed_is_told_of(container: ContainerFact, code: str) -> None:
    (finding,) = diagnose(Facts(pods=[pod("task", container, phase="Running")]))
    assert finding.code == code
