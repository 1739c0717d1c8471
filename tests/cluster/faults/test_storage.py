"""Claims without a volume, volumes that go, folders that are not there or closed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from airstrip.paths import state_dir
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import WORKERS, container, pod, pod_spec, simple
from tests.landing import NAME, eventually


def claim(name: str, **more: Any) -> dict[str, Any]:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, **more}
    return simple("PersistentVolumeClaim", name, spec=wanted)


def user_of(name: str, image: str) -> dict[str, Any]:
    main = container(image, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    return pod(name, pod_spec(main, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": name}}]))


def local_volume(name: str, folder: Path) -> dict[str, Any]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NAME]}
    return simple(
        "PersistentVolume",
        name,
        namespace=None,
        spec={
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Mi"},
            "claimRef": {"name": name, "namespace": WORKERS},
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
        },
    )


def test_a_claim_of_a_storage_class_that_is_not_there(doctor: Doctor, small_image: str) -> None:
    wanted, user = claim("unbound", storageClassName="fast"), user_of("unbound", small_image)
    with doctor.made(wanted, user):
        finding = doctor.finds("volume.not-bound")
        assert "fast" in finding["cause"]
        volume = local_volume("unbound", state_dir(NAME) / "volumes")
        volume["spec"]["storageClassName"] = "fast"
        with doctor.made(volume):
            doctor.is_content()
            # Its claim would hold it.
            doctor.delete(user)
            doctor.delete(wanted)


@pytest.mark.slow
def test_a_folder_that_is_not_there(doctor: Doctor, small_image: str) -> None:
    folder = state_dir(NAME) / "volumes" / "doctor-test"
    wanted = claim("no-folder", storageClassName="", volumeName="no-folder")
    try:
        with doctor.made(local_volume("no-folder", folder), wanted, user_of("no-folder", small_image)):
            finding = doctor.finds("volume.not-mounted")
            assert "doctor-test" in finding["cause"]
            folder.mkdir()
            doctor.is_content(seconds=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_volume_that_somebody_deleted(doctor: Doctor) -> None:
    folder = state_dir(NAME) / "volumes"
    volume, wanted = local_volume("lost", folder), claim("lost", storageClassName="", volumeName="lost")
    with doctor.made(volume, wanted):
        eventually(lambda: phase(doctor) == "Bound", seconds=20, what="the claim is bound")
        doctor.cluster.delete("v1", "PersistentVolume", "lost")
        doctor.cluster.patch("v1", "PersistentVolume", "lost", {"metadata": {"finalizers": None}})
        finding = doctor.finds("volume.lost")
        assert "lost its volume lost" in finding["symptom"]
        doctor.delete(wanted)
        doctor.is_content()


def phase(doctor: Doctor) -> str:
    item = doctor.cluster.get("v1", "PersistentVolumeClaim", "lost", WORKERS)
    return str(item["status"]["phase"]) if item else ""


def test_a_dags_folder_that_pods_cannot_read(doctor: Doctor) -> None:
    doctor.landing.dags.chmod(0o700)
    try:
        finding = doctor.finds("dags.not-readable")
        assert f"chmod -R go+rX '{doctor.landing.dags}'" in finding["fix"]
        doctor.carries_out(finding)
        doctor.is_content()
        doctor.proves("dags")
    finally:
        doctor.landing.dags.chmod(0o755)


@pytest.mark.slow
def test_a_log_folder_that_pods_cannot_write(doctor: Doctor) -> None:
    logs = state_dir(NAME) / "volumes" / "logs"
    shutil.chown(logs, 0, 0)
    logs.chmod(0o755)
    try:
        doctor.carries_out(doctor.finds("logs.not-writable"))
        doctor.is_content()
        doctor.proves("task")
    finally:
        shutil.chown(logs, 50000, 0)
        logs.chmod(0o2775)
