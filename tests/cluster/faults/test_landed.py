"""What was landed and somebody took away or changed; `up` is the fix of all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import CONTROL, WORKERS, simple
from tests.cluster.kubectl import kubectl_patch

RBAC = "rbac.authorization.k8s.io/v1"


@pytest.mark.parametrize(
    ("code", "api_version", "kind", "name", "namespace"),
    [
        ("access.missing", RBAC, "RoleBinding", "triggerer", WORKERS),
        ("account.missing", "v1", "ServiceAccount", "dag-processor", CONTROL),
        # As one that is scaled to zero, below.
        pytest.param("component.missing", "apps/v1", "Deployment", "dag-processor", CONTROL, marks=pytest.mark.slow),
        ("object.missing", "v1", "Service", "triggerer", CONTROL),
    ],
)
def test_an_object_that_somebody_deleted(
    doctor: Doctor, code: str, api_version: str, kind: str, name: str, namespace: str
) -> None:
    assert doctor.cluster.delete(api_version, kind, name, namespace, wait=60)
    try:
        words = "is not in" if kind == "ServiceAccount" else "of"
        assert doctor.finds(code)["symptom"].startswith(f"{kind} {name} {words} {namespace}")
    finally:
        doctor.lands_again()


def test_a_config_map_that_somebody_deleted(doctor: Doctor) -> None:
    maps = doctor.cluster.list("v1", "ConfigMap", WORKERS, label_selector="app.kubernetes.io/managed-by=airstrip")
    name = maps[0]["metadata"]["name"]
    doctor.cluster.delete("v1", "ConfigMap", name, WORKERS)
    try:
        assert name in doctor.finds("config-map.missing")["symptom"]
    finally:
        doctor.lands_again()


def test_rights_that_somebody_narrowed(doctor: Doctor) -> None:
    looks_only = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]}
    kubectl_patch(doctor.cluster, "Role", "scheduler", looks_only, WORKERS, form="merge")
    try:
        finding = doctor.finds("access.forbidden")
        assert "create pods" in finding["symptom"]
        assert "delete pods" in finding["evidence"]
    finally:
        doctor.lands_again()
    doctor.proves("task")


def test_a_component_that_is_scaled_to_zero(doctor: Doctor) -> None:
    kubectl_patch(doctor.cluster, "Deployment", "dag-processor", {"spec": {"replicas": 0}})
    try:
        assert "dag-processor" in doctor.finds("component.scaled-to-zero")["symptom"]
    finally:
        doctor.lands_again()


@contextmanager
def elsewhere(doctor: Doctor, words: str) -> Iterator[None]:
    """The file names other namespaces than those of the landing."""
    doctor.landing.write_file(f"namespaces: {words}\n")
    try:
        yield
    finally:
        doctor.landing.write_file()


def test_a_namespace_that_is_not_there_and_one_that_is_being_deleted(doctor: Doctor) -> None:
    held = simple("ConfigMap", "held", namespace="doctor-test", data={})
    held["metadata"]["finalizers"] = ["example.com/hold"]
    with elsewhere(doctor, f"{{control: {CONTROL}, workers: doctor-test}}"):
        assert "doctor-test" in doctor.finds("namespace.absent")["symptom"]
        with doctor.made(simple("Namespace", "doctor-test", namespace=None)):
            doctor.cluster.apply(held)
            try:
                assert "namespace.absent" not in [row["code"] for row in doctor.looks()]
                doctor.cluster.delete("v1", "Namespace", "doctor-test")
                finding = doctor.finds("namespace.terminating")
                assert "doctor-test" in finding["symptom"]
            finally:
                gone = {"metadata": {"finalizers": None}}
                doctor.cluster.patch("v1", "ConfigMap", "held", gone, "doctor-test")


def test_a_namespace_in_which_nothing_was_landed(doctor: Doctor) -> None:
    with (
        doctor.made(simple("Namespace", "doctor-test", namespace=None)),
        elsewhere(doctor, "{control: doctor-test, workers: doctor-test}"),
    ):
        doctor.finds("deployment.not-landed")
