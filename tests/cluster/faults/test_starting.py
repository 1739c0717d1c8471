"""Pods that are made and cannot start."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import WORKERS, container, deployment, pod, pod_spec, simple
from tests.landing import eventually


def replace_template(doctor: Doctor, name: str, spec: dict[str, Any]) -> None:
    """The fix of whatever stands in a pod's own description."""
    item = doctor.cluster.get("apps/v1", "Deployment", name, WORKERS)
    assert item is not None
    item["spec"]["template"]["spec"] = spec
    doctor.cluster.replace(item)
    doctor.sees_ready(name)


@pytest.mark.slow
def test_a_secret_that_a_container_names_and_is_not_there(doctor: Doctor, small_image: str) -> None:
    key = {"secretKeyRef": {"name": "my-login", "key": "token"}}
    spec = pod_spec(container(small_image, env=[{"name": "TOKEN", "valueFrom": key}]))
    with doctor.made(pod("needs-secret", spec)):
        finding = doctor.finds("secret.missing")
        assert f"Secret my-login is not in {WORKERS}" in finding["symptom"]
        with doctor.made(simple("Secret", "my-login", stringData={"token": "x"})):
            doctor.is_content()


def test_a_config_map_of_a_project_that_is_not_there(doctor: Doctor, small_image: str) -> None:
    mounted = container(small_image, volumeMounts=[{"name": "project", "mountPath": "/project"}])
    spec = pod_spec(mounted, volumes=[{"name": "project", "configMap": {"name": "my-project"}}])
    with doctor.made(pod("needs-map", spec)):
        finding = doctor.finds("config-map.missing")
        assert "my-project" in finding["symptom"]
        assert "./airstrip project add my-project" in finding["fix"]
        with doctor.made(simple("ConfigMap", "my-project", data={"a": "b"})):
            doctor.is_content()


def test_a_container_that_cannot_be_made(doctor: Doctor, small_image: str) -> None:
    """Its mount names a variable that it has not got."""
    mount = {"name": "scratch", "mountPath": "/scratch", "subPathExpr": "$(TEAM)"}

    def spec(**more: Any) -> dict[str, Any]:
        main = container(small_image, volumeMounts=[mount], **more)
        return pod_spec(main, volumes=[{"name": "scratch", "emptyDir": {}}])

    with doctor.made(deployment("nameless", spec())):
        finding = doctor.finds("pod.config-error")
        assert "TEAM" in finding["cause"]
        replace_template(doctor, "nameless", spec(env=[{"name": "TEAM", "value": "a"}]))
        doctor.is_content()


def test_a_pod_that_is_too_large_for_every_node(doctor: Doctor, small_image: str) -> None:
    large = container(small_image, resources={"requests": {"memory": "9Ti"}})
    with doctor.made(deployment("large", pod_spec(large))):
        finding = doctor.finds("pod.unschedulable")
        assert "Insufficient memory" in finding["cause"]
        replace_template(doctor, "large", pod_spec(container(small_image)))
        doctor.is_content()


@pytest.mark.slow
def test_an_init_container_that_fails(doctor: Doctor, small_image: str) -> None:
    def spec(script: str) -> dict[str, Any]:
        first = {**container(small_image, script), "name": "prepare"}
        return pod_spec(container(small_image), initContainers=[first])

    with doctor.made(deployment("unprepared", spec("echo no connection; exit 3"))):
        finding = doctor.finds("pod.init-failing")
        assert "prepare" in finding["symptom"]
        assert "no connection" in finding["evidence"]
        replace_template(doctor, "unprepared", spec("true"))
        doctor.is_content()


def test_a_program_for_another_kind_of_machine(doctor: Doctor, small_image: str) -> None:
    """As an image for another architecture: the kernel refuses the first program of it."""
    arm = bytes.fromhex("7f454c4602010100") + bytes(8) + bytes.fromhex("0200b70001000000") + bytes(40)
    program = simple("ConfigMap", "arm-program", binaryData={"run": base64.b64encode(arm).decode()})
    main = container(small_image, volumeMounts=[{"name": "bin", "mountPath": "/other"}])
    main["command"] = ["/other/run"]
    volumes = [{"name": "bin", "configMap": {"name": "arm-program", "defaultMode": 0o555}}]
    with doctor.made(program, deployment("foreign", pod_spec(main, volumes=volumes))):
        finding = doctor.finds("image.wrong-architecture")
        assert "exec format error" in finding["evidence"]
        replace_template(doctor, "foreign", pod_spec(container(small_image)))
        doctor.is_content()


@pytest.mark.slow
def test_a_pod_that_a_finalizer_holds(doctor: Doctor, small_image: str) -> None:
    held = pod("held", pod_spec(container(small_image)))
    held["metadata"]["finalizers"] = ["example.com/hold"]
    doctor.cluster.apply(held)
    try:
        eventually(lambda: is_running(doctor, "held"), seconds=20, what="it runs")
        doctor.cluster.delete("v1", "Pod", "held", WORKERS, grace_seconds=0)
        finding = doctor.finds("pod.stuck-terminating")
        assert "example.com/hold" in finding["cause"]
    finally:
        doctor.cluster.patch("v1", "Pod", "held", {"metadata": {"finalizers": None}}, WORKERS)
    doctor.is_content()


def is_running(doctor: Doctor, name: str) -> bool:
    item = doctor.cluster.get("v1", "Pod", name, WORKERS)
    return item is not None and item["status"].get("phase") == "Running"
