"""Crashes of before a change are past: whoever crashed of what was mended gets another try at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import WaitTimeout
from airstrip.kube import NO_PAST, Cluster, Past, restart_crash_loops, wait_for_rollout

NAMESPACE = "airflow"
RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-01-01T12:00:00Z"}}
BACK_OFF: dict[str, Any] = {"waiting": {"reason": "CrashLoopBackOff"}}
ENDED: dict[str, Any] = {"terminated": {"exitCode": 1, "reason": "Error"}}
DONE: dict[str, Any] = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def pod(uid: str, state: dict[str, Any], restarts: int = 0, **more: Any) -> dict[str, Any]:
    owner = {"uid": "set", "kind": "StatefulSet", "name": "triggerer"}
    metadata: dict[str, Any] = {"name": uid, "uid": uid, "namespace": NAMESPACE, "ownerReferences": [owner]}
    metadata |= {"labels": {"controller-revision-hash": "r"}, "creationTimestamp": "2026-01-01T12:00:00Z"}
    container = {"name": "c", "state": state, "restartCount": restarts, "ready": "running" in state}
    return {
        "metadata": {**metadata, **more},
        "spec": {"restartPolicy": "Always"},
        "status": {"phase": "Running", "containerStatuses": [container]},
    }


class OneSet:
    """A cluster of one StatefulSet, which makes a deleted pod anew: `lives` are its pods, one after another."""

    def __init__(self, *lives: dict[str, Any]) -> None:
        self.lives = list(lives)
        self.deleted: list[str] = []

    def get(self, _: str, kind: str, *__: str) -> dict[str, Any] | None:
        ready = self.lives[0]["status"]["containerStatuses"][0]["ready"]
        status = {"readyReplicas": int(ready), "updatedReplicas": 1, "replicas": 1, "updateRevision": "r"}
        spec = {"replicas": 1, "selector": {}}
        return {"metadata": {"name": "triggerer", "uid": "set"}, "spec": spec, "status": status}

    def events(self, _: str) -> list[dict[str, Any]]:
        return []

    def delete(self, _: str, __: str, name: str, ___: str) -> None:
        self.deleted.append(name)
        self.lives = self.lives[1:] or self.lives

    def list(self, _: str, kind: str, *__: str, **___: str) -> list[dict[str, Any]]:
        return self.lives[:1] if kind == "Pod" else []


def wait(cluster: OneSet, past: Past = NO_PAST) -> None:
    # Its log is not there.
    found = SimpleNamespace(
        get=cluster.get,
        list=cluster.list,
        events=cluster.events,
        delete=cluster.delete,
        transport=SimpleNamespace(request=lambda *_, **__: SimpleNamespace(text="")),
    )
    wait_for_rollout(cast(Cluster, found), "StatefulSet", "triggerer", NAMESPACE, timeout=5, past=past)


@pytest.mark.parametrize("now", [BACK_OFF, ENDED])
def test_who_crashed_often_before_a_change_and_crashes_once_more_is_made_anew(now: dict[str, Any]) -> None:
    cluster = OneSet(pod("old", now, 4), pod("new", RUNNING))
    wait(cluster, Past(["old"]))
    assert cluster.deleted == ["old"]


def test_who_crashes_as_often_after_it_is_hopeless() -> None:
    cluster = OneSet(pod("old", BACK_OFF, 4), pod("new", BACK_OFF, 3))
    with pytest.raises(WaitTimeout) as ended:
        wait(cluster, Past(["old"]))
    assert (ended.value.code, cluster.deleted) == ("pod.crash-loop", ["old"])


def test_without_a_past_all_crashes_count() -> None:
    cluster = OneSet(pod("old", BACK_OFF, 3), pod("new", RUNNING))
    with pytest.raises(WaitTimeout):
        wait(cluster)
    assert cluster.deleted == []


@pytest.mark.parametrize(
    ("found", "is_renewed", "is_past"),
    [
        (pod("p", BACK_OFF, 1), True, True),
        (pod("p", ENDED, 4), True, True),
        # It runs between two crashes.
        (pod("p", RUNNING, 4), False, True),
        (pod("p", RUNNING), False, False),
        (pod("p", DONE), False, False),
        (pod("p", BACK_OFF, 4, deletionTimestamp="2026-01-01T12:00:00Z"), False, False),
        # Nobody would make it anew.
        (pod("p", BACK_OFF, 4, ownerReferences=[]), False, False),
        # A Job counts it as a failure.
        ({**pod("p", ENDED), "spec": {"restartPolicy": "Never"}}, False, False),
    ],
)
def test_whose_crashes_are_past(found: dict[str, Any], is_renewed: bool, is_past: bool) -> None:
    cluster = OneSet(found)
    past = restart_crash_loops(cast(Cluster, cluster), NAMESPACE, "app=airflow")
    assert cluster.deleted == ["p"] * is_renewed
    crashed = pod("p", BACK_OFF, 9)
    assert past.renew(cast(Cluster, OneSet()), [crashed]) == ([] if is_past else [crashed])
