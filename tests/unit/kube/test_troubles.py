from __future__ import annotations

import datetime
from typing import Any

import pytest

from airstrip.kube import pod_troubles

CREATED = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
NOW = CREATED + datetime.timedelta(seconds=40)


def pod(waiting: dict[str, Any] | None = None, restarts: int = 0, **status: Any) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    container = {"name": "c", "state": {"waiting": waiting}, "restartCount": restarts, "lastState": ended}
    return {
        "metadata": {"name": "p", "creationTimestamp": "2026-01-01T12:00:00Z"},
        "status": {**({"containerStatuses": [container]} if waiting else {}), **status},
    }


@pytest.mark.parametrize(
    ("waiting", "restarts", "code", "hopeless"),
    [
        ({"reason": "ErrImageNeverPull"}, 0, "image.missing", True),
        ({"reason": "InvalidImageName"}, 0, "image.missing", True),
        ({"reason": "ImagePullBackOff", "message": "r/x: not found"}, 0, "image.missing", True),
        ({"reason": "ErrImagePull", "message": "i/o timeout"}, 0, "image.missing", False),
        ({"reason": "CrashLoopBackOff"}, 2, "pod.crash-loop", False),
        ({"reason": "CrashLoopBackOff"}, 3, "pod.crash-loop", True),
        ({"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}, 0, "pod.config-error", True),
    ],
)
def test_a_container_that_waits(waiting: dict[str, Any], restarts: int, code: str, hopeless: bool) -> None:
    (trouble,) = pod_troubles(pod(waiting, restarts), NOW)
    assert (trouble.code, trouble.hopeless) == (code, hopeless)


def test_a_registry_that_does_not_answer_is_waited_for_a_minute() -> None:
    waiting = pod({"reason": "ImagePullBackOff", "message": "connection refused"})
    for seconds, hopeless in ((50, False), (70, True)):
        (trouble,) = pod_troubles(waiting, CREATED + datetime.timedelta(seconds=seconds))
        assert trouble.hopeless is hopeless


@pytest.mark.parametrize(
    ("image", "hopeless"),
    [
        ("localhost/airstrip/airflow@sha256:0", True),
        ("localhost:5000/airflow@sha256:0", False),
        ("localhost.example.com/airflow:1", False),
    ],
)
def test_an_image_that_is_loaded_and_not_there_is_waited_for_by_nobody(image: str, hopeless: bool) -> None:
    """The kubelet asks a registry all the same, where none can be."""
    waiting = pod({"reason": "ErrImagePull", "message": "dial tcp 127.0.0.1:443: connect: connection refused"})
    waiting["status"]["containerStatuses"][0]["image"] = image
    (trouble,) = pod_troubles(waiting, NOW)
    assert (trouble.code, trouble.hopeless) == ("image.missing", hopeless)


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_pod_that_just_starts_has_no_trouble(reason: str) -> None:
    assert pod_troubles(pod({"reason": reason}), NOW) == ()


def test_a_container_that_just_crashed_again_is_in_a_loop() -> None:
    crashed = pod({"reason": "CrashLoopBackOff"}, 3)
    crashed["status"]["containerStatuses"][0]["state"] = {"terminated": {"exitCode": 2, "reason": "Error"}}
    (trouble,) = pod_troubles(crashed, NOW)
    assert (trouble.code, trouble.hopeless, trouble.message) == ("pod.crash-loop", True, "exit code 2")


@pytest.mark.parametrize(
    "ended",
    [
        {
            "exitCode": 255,
            "reason": "Unknown",
            "startedAt": "2026-01-01T11:59:50Z",
            "finishedAt": "2026-01-01T12:00:00Z",
        },
        {"exitCode": 137, "reason": "Error", "startedAt": "2026-01-01T11:00:00Z", "finishedAt": "2026-01-01T12:00:00Z"},
    ],
    ids=["its node was restarted", "it was killed once after an hour"],
)
@pytest.mark.parametrize("now", ["terminated", "waiting"])
def test_restarts_of_long_ago_make_no_loop(ended: dict[str, Any], now: str) -> None:
    """What a pod has counted in its life, node restarts among it, tells nothing of now."""
    state = {"terminated": ended} if now == "terminated" else {"waiting": {"reason": "CrashLoopBackOff"}}
    found = pod({"reason": "CrashLoopBackOff"}, 7)
    found["status"]["containerStatuses"][0] |= {"state": state, "lastState": {"terminated": ended}}
    assert not any(trouble.hopeless for trouble in pod_troubles(found, NOW))


def test_a_pod_that_goes_has_no_trouble() -> None:
    going = pod({"reason": "ErrImageNeverPull"})
    going["metadata"]["deletionTimestamp"] = "2026-01-01T12:00:30Z"
    assert pod_troubles(going, NOW) == ()


def test_the_scheduler_s_message_is_kept() -> None:
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: no cpu."}
    (trouble,) = pod_troubles(pod(conditions=[said]), NOW)
    assert str(trouble) == "p: Unschedulable: 0/1 nodes: no cpu."


def test_how_the_last_life_ended_is_said() -> None:
    (trouble,) = pod_troubles(pod({"reason": "CrashLoopBackOff"}, 3), NOW)
    assert str(trouble) == "p/c: CrashLoopBackOff after 3 restarts: OOMKilled (exit code 137)"
