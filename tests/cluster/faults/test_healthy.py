"""A deployment on which everything works has no finding; its facts explain themselves elsewhere, without a secret."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import CONTROL


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
