"""What was landed and somebody took away or changed; `up` is the fix of all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import CONTROL, WORKERS, simple
from tests.cluster.kubectl import kubectl_patch

RBAC = "rbac.authorization.k8s.io/v1"


def test_what_somebody_took_away_or_changed(doctor: Doctor) -> None:
    """One thing more each time, which is to be mended before those that are wrong already; one `up` mends all."""
    try:
        kubectl_patch(doctor.cluster, "Deployment", "dag-processor", {"spec": {"replicas": 0}})
        assert "dag-processor" in doctor.finds("component.scaled-to-zero")["symptom"]

        delete(doctor, "apps/v1", "Deployment", "dag-processor", CONTROL)
        symptom = doctor.finds("component.missing")["symptom"]
        assert symptom.startswith(f"Deployment dag-processor of {CONTROL}")

        delete(doctor, "v1", "Service", "triggerer", CONTROL)
        symptom = doctor.finds("object.missing")["symptom"]
        assert symptom.startswith(f"Service triggerer of {CONTROL}")

        looks_only = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]}
        kubectl_patch(doctor.cluster, "Role", "scheduler", looks_only, WORKERS, form="merge")
        finding = doctor.finds("access.forbidden")
        assert "create pods" in finding["symptom"]
        assert "delete pods" in finding["evidence"]

        delete(doctor, RBAC, "RoleBinding", "triggerer", WORKERS)
        symptom = doctor.finds("access.missing")["symptom"]
        assert symptom.startswith(f"RoleBinding triggerer of {WORKERS}")

        delete(doctor, "v1", "ServiceAccount", "dag-processor", CONTROL)
        symptom = doctor.finds("account.missing")["symptom"]
        assert symptom.startswith(f"ServiceAccount dag-processor is not in {CONTROL}")

        maps = doctor.cluster.list("v1", "ConfigMap", WORKERS, label_selector="app.kubernetes.io/managed-by=airstrip")
        name = maps[0]["metadata"]["name"]
        delete(doctor, "v1", "ConfigMap", name, WORKERS)
        assert name in doctor.finds("config-map.missing")["symptom"]
    finally:
        doctor.lands_again()
    doctor.is_content()
    doctor.proves("task", "triggerer", "dags")


def delete(doctor: Doctor, api_version: str, kind: str, name: str, namespace: str) -> None:
    assert doctor.cluster.delete(api_version, kind, name, namespace, wait=60)


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
