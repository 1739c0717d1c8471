"""A deployment on which everything works has no finding; its facts explain themselves elsewhere, without a secret."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from airstrip.diagnose import Facts
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.hands import secret_values
from tests.cluster.faults.objects import CONTROL, container, pod, pod_spec, simple
from tests.landing import eventually


def test_a_healthy_deployment_has_no_finding(doctor: Doctor) -> None:
    done = doctor.landing.airstrip("doctor", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["findings"]) == (0, [])
    states = {row["name"]: row["state"] for row in document["data"]["checked"]}
    assert set(states.values()) == {"ok"}, states
    assert {"place", "kubernetes", "pods", "rights", "airflow", "tasks' pods"} <= states.keys()


def test_it_is_healthy_after_work_too(doctor: Doctor) -> None:
    doctor.landing.ok("run", "smoke")
    doctor.is_content()


def test_saved_facts_hold_no_secret_and_are_explained_without_a_cluster(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    doctor.landing.ok("doctor", "--facts", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    saved = file.read_text()
    for secret in doctor.cluster.list("v1", "Secret", CONTROL):
        for name, coded in (secret.get("data") or {}).items():
            if name not in ("username", "email"):
                assert base64.b64decode(coded).decode() not in saved, name
                assert coded not in saved, name
    told = doctor.landing.ok("doctor", "--from", str(file))
    assert "find nothing" in told


def test_what_a_pod_tells_of_secrets_is_not_saved(doctor: Doctor, small_image: str, tmp_path: Path) -> None:
    """It prints the database's password as no pattern knows it, and other secrets as programs write them."""
    password = secret_values(doctor.cluster, "airflow-database")["password"]
    words = (
        f"it is {password} and sql://ada:hunter2@db/x AIRFLOW__CORE__FERNET_KEY=hunter3 Authorization: Basic hunter4"
    )
    # What a program leaves there is its container's message.
    script = f"echo '{words}' | tee /dev/termination-log; exit 1"
    telling = pod("telling", pod_spec(container(small_image, script), restartPolicy="Never"), CONTROL)
    event = {
        **simple("Event", "telling", namespace=CONTROL),
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "telling", "namespace": CONTROL},
        "reason": "Telling",
        "message": words,
        "type": "Warning",
    }
    file = tmp_path / "facts.json"
    file.touch(mode=0o666)
    with doctor.made(telling, event):

        def is_told() -> bool:
            assert doctor.landing.airstrip("doctor", "--facts", str(file)).returncode in (0, 3)
            facts = Facts.from_dict(json.loads(file.read_text()))
            (container,) = [one for each, one in facts.containers() if each.name == "telling"]
            return bool(container.log and container.message)

        eventually(is_told, seconds=60, what="what it says is seen")
        assert file.stat().st_mode & 0o777 == 0o600
        saved = file.read_text()
        assert [word for word in (password, "hunter2", "hunter3", "hunter4") if word in saved] == []
        # In its log, in its message and in the event.
        assert saved.count("it is *** and sql://***@db/x") >= 3
