"""Where NetworkPolicies hold, Airflow works, what they keep apart is apart, and verify tells a hole in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from airstrip.embedded.supervisor import record
from airstrip.kube import Cluster
from airstrip.operations import Session
from airstrip.paths import run_dir
from tests.cluster.enforcer import enforced
from tests.landing import NAME, Landing


@pytest.fixture(scope="module", autouse=True)
def enforcement(session: Session, cluster: Cluster) -> Iterator[None]:
    running = record.read_record(run_dir(NAME))
    assert running is not None
    with enforced(cluster, running.inner.pid, session.platform.pod_cidrs[0]):
        yield


@pytest.mark.parametrize(
    ("properties", "others"),
    [
        (("network", "task", "xcom", "dags", "triggerer"), set[str]()),
        pytest.param((), {"ingress"}, marks=pytest.mark.slow, id="all"),
    ],
)
def test_airflow_works_and_the_network_is_proved(
    landing: Landing, properties: tuple[str, ...], others: set[str]
) -> None:
    """No policy closes a way that Airflow or a task needs."""
    document = _verify(landing, *(f"--only={name}" for name in properties))
    outcomes = {entry["property"]: entry for entry in document["data"]["properties"]}
    assert set(properties) <= set(outcomes)
    assert {name for name, outcome in outcomes.items() if outcome["state"] != "proved"} == others
    assert outcomes["network"]["limits"] == []
    landing.ok("doctor")


# As for verify a policy that was deleted is, in test_verify.py.
@pytest.mark.slow
def test_a_policy_that_opens_the_database_is_named(landing: Landing, cluster: Cluster) -> None:
    hole = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "hole", "namespace": NAME},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/component": "postgresql"}},
            "policyTypes": ["Ingress"],
            "ingress": [{}],
        },
    }
    cluster.create(hole)
    try:
        document = _verify(landing, "--only", "network", code=3)
    finally:
        cluster.delete("networking.k8s.io/v1", "NetworkPolicy", "hole", NAME)
    (finding,) = [entry for entry in document["findings"] if entry["code"] == "verify.network"]
    assert "a task's pod reaches the database" in finding["symptom"]
    assert "hole" in finding["cause"]


def _verify(landing: Landing, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = landing.airstrip("verify", "--json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document
