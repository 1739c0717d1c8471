"""Waits, logs and diagnosis against real pods on the landing's node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import pytest

from airstrip.diagnose import DeploymentFact, diagnose, look_at_cluster
from airstrip.errors import WaitTimeout
from airstrip.findings import Finding
from airstrip.kube import Cluster, follow_pod_log, pod_log, restart_crash_loops, wait_for_job, wait_for_rollout
from airstrip.operations import Session
from tests.cluster.kube_objects import NAMESPACE, delete, job, own_namespace, pod_spec, workload

THERE = DeploymentFact(NAMESPACE, NAMESPACE, NAMESPACE)


@pytest.fixture(scope="module")
def image(session: Session) -> str:
    """An image that is on the node and has bash."""
    workload = session.cluster.get("apps/v1", "StatefulSet", "postgresql", session.spec.namespaces.control)
    assert workload is not None
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster: Cluster) -> Iterator[str]:
    with own_namespace(cluster) as name:
        yield name


def findings(cluster: Cluster) -> dict[str, Finding]:
    return {finding.code: finding for finding in diagnose(look_at_cluster(cluster, THERE).facts)}


@pytest.mark.parametrize("kind", ["Deployment", pytest.param("StatefulSet", marks=pytest.mark.slow)])
def test_a_rollout_is_waited_for_and_rolls_again(cluster: Cluster, image: str, kind: str) -> None:
    item = workload(kind, f"good-{kind.lower()}", pod_spec(image, "sleep 600"), replicas=2)
    said: list[str] = []
    for script in ("sleep 600", "sleep 601"):
        item["spec"]["template"]["spec"] = pod_spec(image, script)
        cluster.apply(item)
        wait_for_rollout(cluster, kind, item["metadata"]["name"], NAMESPACE, timeout=90, on_progress=said.append)
        app = f"app={item['metadata']['name']}"
        pods = cluster.list("v1", "Pod", NAMESPACE, label_selector=app)
        running = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
        assert [pod["spec"]["containers"][0]["command"][-1] for pod in running] == [script] * 2
    assert "0 of 2 ready" in said[0]
    delete(cluster, item)


def test_a_missing_image_ends_the_wait_at_once(cluster: Cluster) -> None:
    item = workload("Deployment", "no-image", pod_spec("localhost/no/such:image", "true"))
    cluster.apply(item)
    with pytest.raises(WaitTimeout) as ended:
        wait_for_rollout(cluster, "Deployment", "no-image", NAMESPACE, timeout=60)
    assert ended.value.code == "image.missing"
    assert "cannot become ready" in ended.value.message
    assert "image.missing" in findings(cluster)
    delete(cluster, item)


# As `up` tells it of a component, and gets past it of the database, in test_bad_luck_pods.py; two back-offs.
@pytest.mark.slow
def test_a_crash_loop_ends_the_wait_with_its_last_words_and_is_past_once_its_cause_is(
    cluster: Cluster, image: str
) -> None:
    # Without a probe it counts as ready for as long as it runs.
    mended = {"name": "MENDED", "valueFrom": {"configMapKeyRef": {"name": "mended", "key": "yes", "optional": True}}}
    probe = {"exec": {"command": ["bash", "-c", "test -n $MENDED"]}, "periodSeconds": 1}
    spec = pod_spec(image, "[ $MENDED ] && sleep 600; echo I gave up; exit 7", env=[mended], readinessProbe=probe)
    item = workload("Deployment", "crash", spec)
    cluster.apply(item)
    with pytest.raises(WaitTimeout) as ended:
        wait_for_rollout(cluster, "Deployment", "crash", NAMESPACE, timeout=180)
    assert ended.value.code == "pod.crash-loop"
    assert "exit code 7" in ended.value.cause
    assert "I gave up" in ended.value.details
    findings = [
        finding for finding in diagnose(look_at_cluster(cluster, THERE).facts) if finding.code == ended.value.code
    ]
    assert "I gave up" in findings[0].evidence
    metadata = {"name": "mended", "namespace": NAMESPACE}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"yes": "yes"}})
    past = restart_crash_loops(cluster, NAMESPACE, "app=crash")
    wait_for_rollout(cluster, "Deployment", "crash", NAMESPACE, timeout=60, past=past)
    delete(cluster, item)


def test_what_the_scheduler_says_is_in_the_timeout(cluster: Cluster, image: str) -> None:
    large = pod_spec(image, "sleep 600", resources={"requests": {"memory": "9Ti"}})
    item = workload("StatefulSet", "large", large)
    cluster.apply(item)
    with pytest.raises(WaitTimeout) as ended:
        wait_for_rollout(cluster, "StatefulSet", "large", NAMESPACE, timeout=4)
    assert ended.value.code == "pod.unschedulable"
    assert "Insufficient memory" in ended.value.cause
    assert "pod.unschedulable" in findings(cluster)
    delete(cluster, item)


def test_a_volume_that_cannot_be_mounted_is_named(cluster: Cluster, image: str) -> None:
    spec = pod_spec(image, "sleep 600", volumeMounts=[{"name": "v", "mountPath": "/v"}])
    spec["volumes"] = [{"name": "v", "secret": {"secretName": "not-there"}}]
    item = workload("Deployment", "no-volume", spec)
    cluster.apply(item)
    with pytest.raises(WaitTimeout) as ended:
        wait_for_rollout(cluster, "Deployment", "no-volume", NAMESPACE, timeout=16)
    assert ended.value.code == "volume.not-mounted"
    assert "not-there" in ended.value.cause
    assert "secret.missing" in findings(cluster)
    delete(cluster, item)


def test_a_used_up_quota_ends_the_wait_at_once(cluster: Cluster, image: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": NAMESPACE},
        "spec": {"hard": {"count/pods": "0"}},
    }
    cluster.apply(quota)
    item = workload("StatefulSet", "too-many", pod_spec(image, "sleep 600"))
    _await_quota(cluster)
    cluster.apply(item)
    with pytest.raises(WaitTimeout) as ended:
        wait_for_rollout(cluster, "StatefulSet", "too-many", NAMESPACE, timeout=60)
    assert ended.value.code == "namespace.quota"
    assert "namespace.quota" in findings(cluster)
    delete(cluster, item)
    delete(cluster, quota)


def _await_quota(cluster: Cluster) -> None:
    """It holds once its controller has counted."""
    while not ((cluster.get("v1", "ResourceQuota", "none", NAMESPACE) or {}).get("status") or {}).get("hard"):
        time.sleep(0.1)


def test_a_job_is_a_gate(cluster: Cluster, image: str) -> None:
    good = job("good", pod_spec(image, "echo done"))
    cluster.apply(good)
    wait_for_job(cluster, "good", NAMESPACE, timeout=60)
    bad = job("bad", pod_spec(image, "echo postgresql://airflow:hunter2@db/airflow is no good; exit 3"))
    cluster.apply(bad)
    with pytest.raises(WaitTimeout) as failed:
        wait_for_job(cluster, "bad", NAMESPACE, timeout=60)
    assert failed.value.code == "job.failed"
    assert "postgresql://***@db/airflow is no good" in failed.value.details
    assert "job.failed" in findings(cluster)
    for item in (good, bad):
        delete(cluster, item)


def test_a_mended_stateful_set_gets_past_its_stuck_pod(cluster: Cluster, image: str) -> None:
    item = workload("StatefulSet", "stuck", pod_spec("localhost/no/such:image", "true"))
    cluster.apply(item)
    with pytest.raises(WaitTimeout):
        wait_for_rollout(cluster, "StatefulSet", "stuck", NAMESPACE, timeout=60)
    item["spec"]["template"]["spec"] = pod_spec(image, "sleep 600")
    cluster.apply(item)
    wait_for_rollout(cluster, "StatefulSet", "stuck", NAMESPACE, timeout=60)
    delete(cluster, item)


def test_logs_are_followed_to_their_end(cluster: Cluster, image: str) -> None:
    spec = {**pod_spec(image, "for i in 1 2 3 4; do echo line $i; sleep 0.5; done"), "restartPolicy": "Never"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "talker", "namespace": NAMESPACE}, "spec": spec}
    cluster.create(pod)
    lines = list(islice(follow_pod_log(cluster, "talker", NAMESPACE, container="main"), 10))
    assert lines == [f"line {number}" for number in range(1, 5)]
    assert pod_log(cluster, "talker", NAMESPACE, container="main", tail=1) == ["line 4"]
    assert list(follow_pod_log(cluster, "nobody", NAMESPACE, container="main")) == []
