"""Pods that the cluster refuses to make."""

from __future__ import annotations

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.operations import Session, why
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import WORKERS, container, deployment, pod, pod_spec, simple
from tests.landing import eventually


@pytest.mark.slow
def test_a_quota_that_is_used_up(doctor: Doctor, small_image: str) -> None:
    quota = simple("ResourceQuota", "none-left", spec={"hard": {"count/pods": "0"}})
    with doctor.made(quota, deployment("refused", pod_spec(container(small_image)))):
        finding = doctor.finds("namespace.quota")
        assert "none-left" in finding["evidence"]
        hard = {"spec": {"hard": {"count/pods": "99"}}}
        doctor.cluster.patch("v1", "ResourceQuota", "none-left", hard, WORKERS)
        doctor.sees_ready("refused")
        doctor.is_content()
        doctor.proves("task")


def test_a_quota_that_leaves_no_room_for_a_task(doctor: Doctor, small_image: str, airflow: AirflowClient) -> None:
    """As long as nobody wants room in it, it is full and no fault."""
    quota = simple("ResourceQuota", "one-only", spec={"hard": {"count/pods": "1"}})
    with doctor.made(quota, pod("taker", pod_spec(container(small_image)))):
        said = f"one-only in {WORKERS} is full: count/pods 1 of 1"
        eventually(lambda: said in doctor.checked("quotas"), seconds=20, what="it is noted")
        doctor.is_content()
        airflow.unpause("smoke")
        run = airflow.trigger("smoke").run_id
        finding = doctor.finds("namespace.quota")
        assert "count/pods 1 of 1" in finding["cause"]
        assert "exceeded quota: one-only" in finding["evidence"]
        doctor.cluster.patch("v1", "ResourceQuota", "one-only", {"spec": {"hard": {"count/pods": "9"}}}, WORKERS)
        eventually(lambda: airflow.dag_run("smoke", run).ended, seconds=60, what="the run has ended")
        # Where the executor gave it up before, what it logged counts for a minute.
        doctor.is_content(seconds=90)


@pytest.mark.slow
def test_a_limit_range_that_a_pod_does_not_keep(doctor: Doctor, small_image: str) -> None:
    limits = simple("LimitRange", "tiny", spec={"limits": [{"type": "Container", "max": {"memory": "16Mi"}}]})
    large = container(small_image, resources={"limits": {"memory": "64Mi"}})
    with doctor.made(limits, deployment("refused", pod_spec(large))):
        finding = doctor.finds("namespace.limit-range")
        assert "16Mi" in finding["cause"]
        doctor.delete(limits)
        doctor.sees_ready("refused")
        doctor.is_content()
        doctor.proves("task")


@pytest.mark.slow
def test_a_limit_range_that_a_task_does_not_keep(doctor: Doctor, session: Session, airflow: AirflowClient) -> None:
    """The executor's pods have no owner: no event tells of them."""
    limits = simple("LimitRange", "tiny", spec={"limits": [{"type": "Container", "max": {"memory": "16Mi"}}]})
    with doctor.made(limits):
        airflow.unpause("smoke")
        run = airflow.trigger("smoke").run_id
        finding = doctor.finds("namespace.limit-range")
        assert "maximum memory usage per Container is 16Mi" in finding["cause"]
        assert f"kubectl -n {WORKERS} edit limitrange" in finding["fix"]
        (first, *_) = why(session, "smoke", None, run_id=run, map_index=-1).findings
        assert (first.code, "is 16Mi" in first.cause) == ("namespace.limit-range", True), first
        doctor.delete(limits)
        eventually(lambda: airflow.dag_run("smoke", run).ended, seconds=60, what="the run has ended")
        doctor.proves("task")
        doctor.is_content(seconds=90)


def test_a_pod_that_pod_security_refuses(doctor: Doctor, small_image: str) -> None:
    privileged = container(small_image, securityContext={"privileged": True})
    with doctor.made(deployment("refused", pod_spec(privileged))):
        finding = doctor.finds("pod.security-violation")
        assert "privileged" in finding["evidence"]
        mended = {"spec": {"template": {"spec": pod_spec(container(small_image))}}}
        doctor.cluster.patch("apps/v1", "Deployment", "refused", mended, WORKERS)
        doctor.sees_ready("refused")
        doctor.is_content()
        doctor.proves("pod-security")


def test_a_service_account_that_is_not_there(doctor: Doctor, small_image: str) -> None:
    spec = pod_spec(container(small_image), serviceAccountName="nobody")
    with doctor.made(deployment("refused", spec)):
        finding = doctor.finds("account.missing")
        assert f"ServiceAccount nobody is not in {WORKERS}" in finding["symptom"]
        with doctor.made(simple("ServiceAccount", "nobody")):
            doctor.sees_ready("refused")
            doctor.is_content()


@pytest.mark.slow
def test_an_admission_webhook_that_does_not_answer(doctor: Doctor, small_image: str) -> None:
    guard = simple(
        "ValidatingWebhookConfiguration",
        "doctor-guard",
        "admissionregistration.k8s.io/v1",
        None,
        webhooks=[
            {
                "name": "guard.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 1,
                "clientConfig": {"service": {"name": "nobody", "namespace": WORKERS}},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": WORKERS}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            }
        ],
    )
    with doctor.made(guard, deployment("refused", pod_spec(container(small_image)))):
        finding = doctor.finds("webhook.unavailable")
        assert "guard.example.com" in finding["symptom"]
        doctor.delete(guard)
        doctor.sees_ready("refused")
        doctor.is_content()
        doctor.proves("task")
