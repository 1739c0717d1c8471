"""`verify` on the landing: everything is proved by doing, what is broken is found, and nothing stays."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.cluster.faults.hands import ask_database, scale
from tests.cluster.kubectl import kubectl_patch
from tests.landing import NAME, ROOT, Landing, eventually

WORKERS = f"{NAME}-workers"
KINDS = (
    ("v1", "Pod"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("batch/v1", "Job"),
    ("coordination.k8s.io/v1", "Lease"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
)
RBAC = "rbac.authorization.k8s.io/v1"
COMPONENT = "app.kubernetes.io/component"
ENFORCE = "pod-security.kubernetes.io/enforce"


def traces(landing: Landing, cluster: Cluster, airflow: AirflowClient) -> dict[str, Any]:
    """What verify may make, everywhere where it could: all of it must be as it was."""
    objects = {
        f"{kind} in {namespace}": {
            item["metadata"]["name"] for item in cluster.list(version, kind, namespace) if not is_a_component_s(item)
        }
        for namespace in (NAME, WORKERS, "default")
        for version, kind in KINDS
    }
    return {
        **objects,
        "files": {path.name for path in landing.dags.iterdir()},
        "runs": {(run.dag_id, run.run_id) for run in airflow.dag_runs(None, limit=100)},
        "dags": set(airflow.values.dag_names()),
        "paused": {dag.dag_id for dag in airflow.dags() if dag.is_paused},
        "variables": set(airflow.values.variable_names()),
        "connections": set(airflow.values.connection_names()),
    }


def is_a_component_s(item: dict[str, Any]) -> bool:
    """A pod of a Deployment or StatefulSet: one that a test scaled has others afterwards."""
    owners = {owner["kind"] for owner in item["metadata"].get("ownerReferences", ())}
    return item["kind"] == "Pod" and bool(owners & {"ReplicaSet", "StatefulSet"})


@pytest.fixture
def leaves_nothing(landing: Landing, cluster: Cluster, airflow: AirflowClient) -> Iterator[Callable[[], None]]:
    """Whatever a test makes of it. Another test's pod may end meanwhile: nothing new is what counts."""
    before = traces(landing, cluster, airflow)

    def compare() -> None:
        after = traces(landing, cluster, airflow)
        assert {where: after[where] - before[where] for where in after if after[where] - before[where]} == {}

    yield compare
    compare()


def verify(landing: Landing, *only: str, timeout: int | None = None) -> dict[str, Any]:
    """The document of a verify of some properties; `timeout` (seconds) is that of its runs."""
    return verify_and_tell(landing, *only, timeout=timeout)[0]


def verify_and_tell(
    landing: Landing, *only: str, timeout: int | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """And what it said meanwhile. Its exit code is that of its document, and no traceback is shown."""
    options = [*(f"--only={name}" for name in only), *([f"--timeout={timeout}"] if timeout else [])]
    done = landing.airstrip("verify", "--json", *options, timeout=200)
    assert "Traceback" not in done.stderr, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == document["exitCode"]
    return document, [json.loads(line) for line in done.stderr.splitlines()]


def states(document: dict[str, Any]) -> dict[str, str]:
    return {row["property"]: row["state"] for row in document["data"]["properties"]}


@contextmanager
def too_much(cluster: Cluster, namespace: str) -> Iterator[None]:
    """Somebody lets tasks do in a namespace what editors may."""
    grant = {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "too-much", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": f"{NAME}-pods", "namespace": WORKERS}],
    }
    cluster.apply(grant)
    try:
        yield
    finally:
        cluster.delete(RBAC, "RoleBinding", "too-much", namespace)


def test_rights_beyond_the_workers_namespace_are_found(
    landing: Landing, cluster: Cluster, leaves_nothing: Callable[[], None]
) -> None:
    with too_much(cluster, "default"):
        document = verify(landing, "isolation", "least-access")
    assert states(document) == {"isolation": "failed", "least-access": "failed"}
    found = {finding["code"]: finding for finding in document["findings"]}
    assert "all three tasks ran" in found["verify.isolation"]["symptom"]
    assert "in default" in found["verify.least-access"]["evidence"]
    leaves_nothing()


@pytest.mark.slow
def test_rights_in_a_namespace_that_no_task_tries_are_found(landing: Landing, cluster: Cluster) -> None:
    with too_much(cluster, "kube-public"):
        document = verify(landing, "isolation", "least-access")
    assert states(document) == {"isolation": "failed", "least-access": "failed"}
    found = {finding["code"]: finding for finding in document["findings"]}
    account = f"{WORKERS}/{NAME}-pods"
    assert f"{account} may create pods in kube-public" in found["verify.isolation"]["symptom"]
    assert found["verify.least-access"]["evidence"].splitlines() == [
        f"{account} may {what} in kube-public"
        for what in ("get secrets", "list secrets", "create pods", "create pods/exec")
    ]


def test_every_property_is_proved_or_does_not_apply(
    landing: Landing, leaves_nothing: Callable[[], None], tmp_path: Path
) -> None:
    """Also that what the test before has broken, and mended, is proved again."""
    file = tmp_path / "report.xml"
    done = landing.airstrip("verify", "--json", "--junit", str(file), timeout=200)
    document = json.loads(done.stdout)
    assert document["findings"] == [], done.stdout
    assert done.returncode == 0
    rows = {row["property"]: row for row in document["data"]["properties"]}
    assert {name: row["text"] for name, row in rows.items() if row["state"] == "not-applicable"} == {
        "network": "this cluster enforces no NetworkPolicy: a task's pod reaches the database",
        "ingress": rows["ingress"]["text"],
    }
    assert document["data"]["left"] == []
    assert "audit log" in document["data"]["stays"]
    assert any("exec" in limit for limit in rows["least-access"]["limits"])
    suite = ElementTree.parse(file).getroot()
    assert [case.get("name") for case in suite.iter("testcase")] == list(rows)
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "2")
    leaves_nothing()


@pytest.mark.parametrize("label", [None, pytest.param("baseline", marks=pytest.mark.slow)])
def test_a_namespace_that_does_not_enforce_restricted_is_found(
    landing: Landing, cluster: Cluster, label: str | None
) -> None:
    kubectl_patch(cluster, "Namespace", WORKERS, {"metadata": {"labels": {ENFORCE: label}}}, None)
    try:
        document = verify(landing, "pod-security")
    finally:
        kubectl_patch(cluster, "Namespace", WORKERS, {"metadata": {"labels": {ENFORCE: "restricted"}}}, None)
    assert states(document) == {"pod-security": "failed"}
    assert WORKERS in document["findings"][0]["symptom"]
    assert states(verify(landing, "pod-security")) == {"pod-security": "proved"}


@pytest.mark.slow
def test_a_policy_that_was_deleted_is_found(landing: Landing, cluster: Cluster) -> None:
    policy = cluster.get("networking.k8s.io/v1", "NetworkPolicy", "postgresql", NAME)
    assert policy is not None
    cluster.delete("networking.k8s.io/v1", "NetworkPolicy", "postgresql", NAME)
    try:
        document = verify(landing, "network")
    finally:
        landing.ok("up", "--yes")
    assert states(document) == {"network": "failed"}
    found = {finding["code"]: finding["symptom"] for finding in document["findings"]}
    assert f"postgresql in {NAME}" in found["verify.network"]
    assert "postgresql" in found["object.missing"]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_what_an_interrupted_verify_made_is_taken_away(
    landing: Landing,
    airflow: AirflowClient,
    leaves_nothing: Callable[[], None],
    number: signal.Signals,
    code: int,
) -> None:
    """By itself at Ctrl-C; by the next, whichever it is, after kill -9."""
    command = [str(ROOT / "airstrip"), "verify", "--json", "-f", str(landing.file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(
            lambda: any(run.state == "running" for run in airflow.dag_runs("airstrip_verify_isolation", limit=5)),
            seconds=60,
            what="its tasks run",
        )
        os.kill(process.pid, number)
        assert process.wait(timeout=90) == code
    finally:
        process.kill()
    if number == signal.SIGKILL:
        assert airflow.values.variable_names("airstrip_verify_") != ()
        verify(landing, "pod-security")
    leaves_nothing()


@contextmanager
def much_amiss(landing: Landing, cluster: Cluster) -> Iterator[None]:
    """No triggerer and no dag-processor run, another Airflow has migrated, an old value is of another Fernet key."""
    revision = ask_database(cluster, "SELECT version_num FROM alembic_version")
    token = base64.urlsafe_b64encode(b"\x80" + os.urandom(88)).decode()
    try:
        for kind, name in (("StatefulSet", "triggerer"), ("Deployment", "dag-processor")):
            scale(cluster, kind, name, 0)
        ask_database(cluster, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
        ask_database(cluster, f"INSERT INTO variable (key, val, is_encrypted) VALUES ('of-old', '{token}', true)")
        eventually(
            lambda: not cluster.list("v1", "Pod", NAME, label_selector=f"{COMPONENT} in (triggerer,dag-processor)"),
            seconds=60,
            what="triggerer and dag-processor are gone",
        )
        yield
    finally:
        ask_database(cluster, "DELETE FROM variable WHERE key = 'of-old'")
        ask_database(cluster, f"UPDATE alembic_version SET version_num = '{revision}'")
        landing.ok("up", "--yes")


@pytest.mark.slow
def test_exactly_what_is_amiss_fails_and_with_its_cause(
    landing: Landing, cluster: Cluster, leaves_nothing: Callable[[], None]
) -> None:
    """All at once, in one proof; what needs none of it is proved."""
    broken = {
        "dags": "was not seen",
        "triggerer": "the task deferred is deferred",
        "versions": "the triggerer runs no image",
        "fernet": "does not decrypt variable of-old",
        "migration": "not at the head",
    }
    works = ("task", "xcom", "secrets")
    with much_amiss(landing, cluster):
        document = verify(landing, *broken, *works, timeout=30)
    assert states(document) == dict.fromkeys(broken, "failed") | dict.fromkeys(works, "proved")
    found = {finding["code"]: finding for finding in document["findings"]}
    told = {name: found[f"verify.{name}"] for name in broken}
    assert {name: words in f"{told[name]['symptom']} {told[name]['evidence']}" for name, words in broken.items()} == (
        dict.fromkeys(broken, True)
    ), told
    # The cause of most of it, before what follows from it.
    codes = list(found)
    assert codes.index("component.scaled-to-zero") < min(codes.index(f"verify.{name}") for name in broken)
    leaves_nothing()


@pytest.mark.slow
def test_an_airflow_that_is_down_is_told_soon_and_once(landing: Landing, cluster: Cluster) -> None:
    kubectl_patch(cluster, "Deployment", "api-server", {"spec": {"replicas": 0}})
    try:
        eventually(
            lambda: not cluster.list("v1", "Pod", NAME, label_selector="app.kubernetes.io/component=api-server"),
            seconds=60,
            what="the api-server is gone",
        )
        document, told = verify_and_tell(landing)
        run = landing.airstrip("run", "smoke", "--json")
    finally:
        landing.ok("up", "--yes")
    assert document["exitCode"] == 3
    # Whoever waits says so: it is asked once, with little patience, and nobody waits for a DAG, a run or a pod of it.
    assert [event["message"] for event in told if event["event"] == "step.progress"] == ["asking Airflow"]
    assert [finding["code"] for finding in document["findings"]].count("airflow.unreachable") == 1
    # A run that cannot begin is an error, with the same beneath it.
    failed = json.loads(run.stdout)
    assert (run.returncode, [error["code"] for error in failed["errors"]]) == (1, ["airflow.unreachable"])
    for findings in (document["findings"], failed["findings"]):
        assert "component.scaled-to-zero" in [finding["code"] for finding in findings]
    seen = states(document)
    # What needs no Airflow is proved all the same.
    assert {name for name, state in seen.items() if state == "proved"} >= {"pod-security", "migration"}
    assert {seen[name] for name in ("task", "isolation", "dags", "scheduler", "web")} == {"failed"}
    assert document["data"]["left"] == []
