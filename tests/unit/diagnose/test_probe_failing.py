"""A container that its kubelet ends because a probe fails: by the kubelet's events, not by the exit code alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.facts import ContainerFact
from airstrip.diagnose.namespace_facts import WorkloadFact
from airstrip.diagnose.why import explain
from tests.unit.diagnose.cluster_cases import KILLED_BY_PROBE, KILLING, UNHEALTHY
from tests.unit.diagnose.making import event, pod, running
from tests.unit.diagnose.why.making import event as of_task
from tests.unit.diagnose.why.making import facts, gone, raised

NOW = "2026-01-01T01:00:00+00:00"
"""An hour after the events."""
FLAPPING = replace(running(ready=True), restarts=3, last_reason="Error", last_exit_code=137, last_ended=60.0)


def codes(seen: Facts) -> list[str]:
    return [finding.code for finding in diagnose(seen)]


def test_it_tells_which_probe_failed_and_with_what_words() -> None:
    (finding,) = diagnose(Facts(pods=[pod("scheduler", KILLED_BY_PROBE)], events=[UNHEALTHY, KILLING]))
    assert finding.code == "pod.probe-failing"
    assert finding.cause == "Its kubelet ends it and starts it anew: Liveness probe failed: no answer within 5 s."
    assert finding.evidence.splitlines() == [
        f"Unhealthy: {UNHEALTHY.message}",
        f"Killing: {KILLING.message}",
        "at work",
    ]
    assert "kubectl -n airflow logs scheduler-0 -c main --previous" in finding.fix


@pytest.mark.parametrize("exit_code", [0, 137, 143])
def test_however_the_process_takes_it(exit_code: int) -> None:
    ended = replace(KILLED_BY_PROBE, last_exit_code=exit_code)
    assert codes(Facts(pods=[pod("scheduler", ended)], events=[UNHEALTHY, KILLING])) == ["pod.probe-failing"]


def test_a_startup_probe_too() -> None:
    events = [
        replace(UNHEALTHY, message="Startup probe failed: HTTP probe failed with statuscode: 503"),
        replace(KILLING, message="Container main failed startup probe, will be restarted"),
    ]
    (finding,) = diagnose(Facts(pods=[pod("scheduler", KILLED_BY_PROBE)], events=events))
    assert finding.symptom.startswith("the startup probe of scheduler-0/main fails")
    assert "503" in finding.cause


def test_an_exit_code_alone_says_nothing_of_a_probe() -> None:
    assert codes(Facts(pods=[pod("scheduler", KILLED_BY_PROBE)])) == ["pod.crash-loop"]
    other = replace(KILLING, message="Container sidecar failed liveness probe, will be restarted")
    assert codes(Facts(pods=[pod("scheduler", KILLED_BY_PROBE)], events=[other])) == ["pod.crash-loop"]
    stopped = replace(KILLING, message="Stopping container main")
    assert codes(Facts(pods=[pod("scheduler", KILLED_BY_PROBE)], events=[UNHEALTHY, stopped])) == ["pod.crash-loop"]


def test_a_program_that_ended_by_itself_since_is_not_the_probe_s() -> None:
    ended = replace(KILLED_BY_PROBE, last_exit_code=7, last_ended=20.0)
    seen = Facts(collected=NOW, pods=[pod("scheduler", ended)], events=[UNHEALTHY, KILLING])
    assert codes(seen) == ["pod.crash-loop"]
    killed = replace(ended, last_exit_code=137)
    assert codes(replace(seen, pods=[pod("scheduler", killed)])) == ["pod.probe-failing"]
    just_now = replace(KILLING, last_seen="2026-01-01T00:59:30Z")
    assert codes(replace(seen, events=[UNHEALTHY, just_now])) == ["pod.probe-failing"]


def test_one_that_is_ready_between_two_ends_is_told_and_one_that_got_well_is_not() -> None:
    seen = Facts(pods=[pod("scheduler", FLAPPING, phase="Running")], events=[UNHEALTHY, KILLING])
    assert codes(seen) == ["pod.probe-failing"]
    assert codes(replace(seen, events=[UNHEALTHY, replace(KILLING, count=1)])) == []
    assert codes(replace(seen, pods=[pod("scheduler", replace(FLAPPING, last_ended=3600.0))])) == []


def test_what_ended_another_life_of_the_same_name_is_past() -> None:
    events = [replace(each, uid="old") for each in (UNHEALTHY, KILLING)]
    assert codes(Facts(pods=[pod("scheduler", KILLED_BY_PROBE, uid="new")], events=events)) == ["pod.crash-loop"]


def test_a_component_that_is_not_ready_shows_what_its_probe_said() -> None:
    said = "Readiness probe failed: Get http://10.1.2.3:8080/health: connection refused"
    (finding,) = diagnose(
        Facts(
            pods=[pod("api-server", running(ready=False), phase="Running", age=500.0, unready=60.0)],
            events=[event("Pod/api-server-0", "Unhealthy", said)],
            workloads=[WorkloadFact("Deployment", "airflow", "api-server", "api-server", 1, 0)],
        )
    )
    assert finding.code == "component.not-ready"
    assert finding.evidence.splitlines() == ["api-server-0: Running, not ready for 60 s", f"Unhealthy: {said}"]


def test_why_tells_the_same_of_a_task_s_pod_before_what_its_operator_raised() -> None:
    events = (
        of_task("Unhealthy", "Liveness probe failed: no file", pod="ask-1"),
        of_task("Killing", "Container base failed liveness probe", pod="ask-1", warning=False),
    )
    seen = facts("failed", children=("ask-1",), **gone(*events), **raised("AirflowException: Pod returned a failure."))
    first = explain(seen)[0]
    assert (first.code, first.symptom) == (
        "pod.probe-failing",
        "the liveness probe of load (ask-1) fails, so it is ended",
    )
    assert first.cause == "Its kubelet ends it and starts it anew: Liveness probe failed: no file."
    assert first.evidence.splitlines()[-1] == "Killing: Container base failed liveness probe"


def test_why_and_doctor_name_the_same_pod() -> None:
    killed = ContainerFact("base", "i", "terminated", "Error", exit_code=137)
    there = replace(pod("", killed), name="ask-1", namespace="airflow-workers", owner="")
    event_ = of_task("Killing", "Container base failed liveness probe", pod="ask-1", warning=False)
    seen = facts("failed", children=("ask-1",), cluster=Facts(pods=[there], events=[event_]))
    assert explain(seen)[0].about == "airflow-workers/ask-1"
