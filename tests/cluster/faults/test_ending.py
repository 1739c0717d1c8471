"""Pods that end, or cannot do what they are for."""

from __future__ import annotations

from typing import Any

import pytest

from airstrip.diagnose.labels import INSTANCE
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import CONTROL, SAFE, WORKERS, container, deployment, pod, pod_spec, simple
from tests.cluster.faults.test_starting import replace_template
from tests.landing import NAME

WRITE = "import pathlib; pathlib.Path('/opt/airflow/logs/dag_id=doctor').mkdir()"


def test_a_program_that_ends_again_and_again(doctor: Doctor, small_image: str) -> None:
    with doctor.made(deployment("restless", pod_spec(container(small_image, "echo I gave up; exit 7")))):
        finding = doctor.finds("pod.crash-loop")
        assert "exit code 7" in finding["cause"]
        assert "I gave up" in finding["evidence"]
        replace_template(doctor, "restless", pod_spec(container(small_image)))
        doctor.is_content()


@pytest.mark.slow
def test_a_program_whose_liveness_probe_fails(doctor: Doctor, small_image: str) -> None:
    """It never ends by itself: its kubelet kills it, with the exit code of any kill."""

    def spec(probe: str) -> dict[str, Any]:
        command = {"exec": {"command": ["/usr/bin/bash", "-c", probe]}, "periodSeconds": 1, "failureThreshold": 1}
        return pod_spec(container(small_image, livenessProbe=command))

    with doctor.made(deployment("unanswering", spec("echo no answer; exit 1"))):
        finding = doctor.finds("pod.probe-failing", seconds=90)
        assert "the liveness probe of unanswering" in finding["symptom"]
        assert "no answer" in finding["cause"]
        assert "failed liveness probe, will be restarted" in finding["evidence"]
        replace_template(doctor, "unanswering", spec("true"))
        doctor.is_content()


def test_a_container_that_needs_more_memory_than_it_may(doctor: Doctor, small_image: str) -> None:
    def spec(limit: str) -> dict[str, Any]:
        fill = "x=$(head -c 60000000 /dev/zero | tr '\\0' x); exec sleep 600"
        return pod_spec(container(small_image, fill, resources={"limits": {"memory": limit}}))

    with doctor.made(deployment("hungry", spec("24Mi"))):
        finding = doctor.finds("pod.oom-killed")
        assert "hungry" in finding["symptom"]
        replace_template(doctor, "hungry", spec("512Mi"))
        doctor.is_content()


@pytest.mark.slow
def test_a_pod_that_its_node_evicts(doctor: Doctor, small_image: str) -> None:
    """By what its container writes: that is looked at every ten seconds, a volume's size once a minute."""
    fill = "head -c 9000000 /dev/zero > /tmp/x; exec sleep 600"
    limited = container(small_image, fill, resources={"limits": {"ephemeral-storage": "1Mi"}})
    evicted = pod("evicted", pod_spec(limited, restartPolicy="Never"))
    with doctor.made(evicted):
        finding = doctor.finds("pod.evicted", seconds=90)
        assert "limit" in finding["cause"]
        doctor.delete(evicted)
        doctor.is_content()


def test_a_job_that_fails(doctor: Doctor, small_image: str) -> None:
    template = {"spec": pod_spec(container(small_image, "echo no such table; exit 1"), restartPolicy="Never")}
    job = simple("Job", "failing", "batch/v1", CONTROL, spec={"backoffLimit": 0, "template": template})
    with doctor.made(job):
        finding = doctor.finds("job.failed")
        assert "no such table" in finding["evidence"]
        doctor.delete(job)
        doctor.is_content()


def test_a_volume_that_a_pod_may_not_write(doctor: Doctor, airflow_image: str) -> None:
    def spec(user: int) -> dict[str, Any]:
        """Of another user and group than Airflow's, as root squash makes it on NFS."""
        main = container(airflow_image, f'python -c "{WRITE}" && rmdir /opt/airflow/logs/dag_id=doctor && sleep 600')
        main["securityContext"] = {**SAFE, "runAsUser": user, "runAsGroup": 0 if user == 50000 else user}
        main["volumeMounts"] = [{"name": "logs", "mountPath": "/opt/airflow/logs"}]
        return pod_spec(main, volumes=[{"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}])

    with doctor.made(deployment("closed-out", spec(50001))):
        finding = doctor.finds("volume.permission")
        assert "/opt/airflow/logs/dag_id=doctor" in finding["symptom"]
        replace_template(doctor, "closed-out", spec(50000))
        doctor.is_content()


def test_names_that_are_not_resolved(doctor: Doctor, airflow_image: str) -> None:
    look = "import socket; socket.getaddrinfo('postgresql.example.com', 5432)"

    def spec(**more: Any) -> dict[str, Any]:
        end = "sleep 600" if not more else "exit 1"
        return pod_spec(container(airflow_image, f'python -c "{look}" || {end}'), **more)

    nowhere = {"nameservers": ["127.0.0.1"], "options": [{"name": "timeout", "value": "1"}]}
    with doctor.made(deployment("nameless", spec(dnsPolicy="None", dnsConfig=nowhere))):
        finding = doctor.finds("dns.not-resolving")
        assert "name resolution" in finding["evidence"]
        replace_template(doctor, "nameless", spec())
        doctor.is_content()


@pytest.mark.slow
def test_pods_that_outlived_their_tasks(doctor: Doctor, small_image: str) -> None:
    """Of a run that was deleted: the executor's is over, the operator's runs on."""
    task = {"dag_id": "smoke", "task_id": "hello", "run_id": "gone", "try_number": "1"}
    done = pod_spec(container(small_image, "true"), restartPolicy="Never")
    orphan = pod("orphan", done, labels={**task, "kubernetes_executor": "True", INSTANCE: NAME})
    left = pod("left", pod_spec(container(small_image)), labels={**task, "airflow_kpo_in_cluster": "True"})
    with doctor.made(orphan, left):
        finding = doctor.finds("pod.left-by-operator")
        assert "left" in finding["evidence"]
        assert "pod.orphan" in [row["code"] for row in doctor.looks()]
        refused = doctor.landing.airstrip("doctor", "--clean")
        assert refused.returncode == 2
        assert f"{WORKERS}/orphan" in refused.stderr
        assert doctor.cluster.get("v1", "Pod", "left", WORKERS) is not None
        cleaned = doctor.landing.data("doctor", "--clean", "--yes")
        assert (cleaned["deleted"], {row["pod"] for row in cleaned["pods"]}) == (2, {"orphan", "left"})
        doctor.is_content()
