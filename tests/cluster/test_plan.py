"""`plan` says what `up` does; `up` does it, and then there is nothing to do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from airstrip.kube import Cluster
from airstrip.kube.inventory import entries, read
from airstrip.operations import Session
from tests.cluster.kubectl import kubectl_patch
from tests.landing import NAME, Landing, eventually

STAGES = ["place", "image", "secrets", "settings", "foundation", "database", "migration", "airflow", "prune"]
ALIVE = ("leases", "apiServerIPInfo", "events")
OWN_STATUS = ("nodes", "update")
QUIET_LOOKS = 6


@pytest.fixture(autouse=True)
def written(landing: Landing) -> Iterator[None]:
    """The file as it was: most tests change nothing else."""
    yield
    landing.write_file()


@pytest.fixture
def mended(landing: Landing, written: None) -> Iterator[None]:
    """The landing too."""
    yield
    landing.write_file()
    landing.ok("up", "--yes")


def plan(landing: Landing) -> list[dict[str, Any]]:
    """Every change of the plan, in order."""
    return [change for stage in landing.data("plan")["stages"] for change in stage["changes"]]


def snapshot(session: Session) -> dict[str, Any]:
    """What would tell a write: version, generation, labels and contents of every applied object and Secret."""
    cluster = session.cluster
    found: dict[str, Any] = {}
    for entry in sorted(read(cluster, NAME) | entries(session.target.cluster_objects())):
        item = cluster.get(entry.api_version, entry.kind, entry.name, entry.namespace or None)
        assert item is not None
        found[str(entry)] = {key: value for key, value in item.items() if key != "status"}
    for kind in ("ConfigMap", "Secret"):
        found |= {f"{kind} {item['metadata']['name']}": item for item in cluster.list("v1", kind, NAME)}
    return found


def writes(cluster: Cluster) -> Counter[tuple[str, str]]:
    """What the API server has written into etcd since it started, by kind and operation; as it counts it itself.

    Without what it and the kubelet write to say that they live, and events.
    """
    found: Counter[tuple[str, str]] = Counter()
    for line in cluster.transport.request("GET", "/metrics", "read the metrics").text.splitlines():
        name, _, rest = line.partition("{")
        labels = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if name == "etcd_requests_total" and labels["operation"] in ("create", "update", "delete"):
            found[labels["resource"], labels["operation"]] += int(float(line.rpartition(" ")[2]))
    return Counter({what: count for what, count in found.items() if what[0] not in ALIVE and what != OWN_STATUS})


def await_quiet(cluster: Cluster) -> None:
    """What an earlier test began may still end: pods, and what follows from them."""
    last: list[Counter[tuple[str, str]]] = []

    def quiet() -> bool:
        last.append(writes(cluster))
        return len(last) > QUIET_LOOKS and last[-1] == last[-QUIET_LOOKS]

    eventually(quiet, seconds=90, what="nobody writes into the cluster")


def test_a_write_is_counted(cluster: Cluster) -> None:
    """Else the next test would prove nothing."""
    await_quiet(cluster)
    before = writes(cluster)
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": NAME}})
    cluster.patch("v1", "Namespace", f"{NAME}-workers", {"metadata": {"labels": {"probe": "1"}}})
    cluster.delete("v1", "ConfigMap", "probe", NAME)
    cluster.patch("v1", "Namespace", f"{NAME}-workers", {"metadata": {"labels": {"probe": None}}})
    assert writes(cluster) - before == {
        ("configmaps", "create"): 1,
        ("configmaps", "delete"): 1,
        ("namespaces", "update"): 2,
    }


def test_after_up_there_are_no_changes_and_a_second_up_writes_nothing(landing: Landing, session: Session) -> None:
    document = landing.data("plan")
    assert document["changed"] is False
    assert [stage["name"] for stage in document["stages"]] == STAGES
    assert landing.airstrip("plan", "--exit-code").returncode == 0
    await_quiet(session.cluster)
    before, written = snapshot(session), writes(session.cluster)
    kinds = {item["kind"] for item in before.values()}
    assert {"Namespace", "PersistentVolume", "ConfigMap", "Secret", "Deployment", "Role"} <= kinds
    landing.ok("up", "--yes")
    assert snapshot(session) == before
    assert writes(session.cluster) == written


def test_drift_by_hand_is_shown_and_taken_back(landing: Landing, cluster: Cluster) -> None:
    kubectl_patch(
        cluster, "Deployment", "scheduler", {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 7}}}}
    )
    cluster.delete("v1", "Service", "api-server", NAME)
    assert landing.airstrip("plan", "--exit-code").returncode == 3
    added, changed = sorted(plan(landing), key=lambda change: str(change["action"]))
    assert (added["action"], added["kind"], added["name"]) == ("add", "Service", "api-server")
    assert (changed["action"], changed["name"], changed["takesBackFrom"]) == ("change", "scheduler", ["kubectl-patch"])
    assert changed["fields"] == [
        {"path": "spec.template.spec.terminationGracePeriodSeconds", "before": 7, "after": 90},
    ]
    assert landing.data("up", "--yes")["changed"] == 2
    assert plan(landing) == []


@pytest.mark.slow
def test_drift_of_a_namespace_is_taken_back_too(landing: Landing, cluster: Cluster) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    kubectl_patch(cluster, "Namespace", NAME, {"metadata": {"labels": {enforce: "privileged"}}}, None)
    (changed,) = plan(landing)
    assert (changed["kind"], changed["name"], changed["takesBackFrom"]) == ("Namespace", NAME, ["kubectl-patch"])
    landing.ok("up", "--yes")
    found = cluster.get("v1", "Namespace", NAME)
    assert found is not None
    assert found["metadata"]["labels"][enforce] == "restricted"
    assert plan(landing) == []


def test_another_control_namespace_is_refused_before_anything_is_applied(landing: Landing, cluster: Cluster) -> None:
    landing.write_file("namespaces: {control: elsewhere}\n")
    for verb in ("plan", "up"):
        done = landing.airstrip(verb, *(["--yes"] if verb == "up" else []), "--json")
        (error,) = json.loads(done.stdout)["errors"]
        assert (done.returncode, error["code"]) == (1, "deployment.moved")
        assert NAME in error["message"]
    assert cluster.list("apps/v1", "Deployment", "elsewhere") == []


@pytest.mark.slow
@pytest.mark.usefixtures("mended")
def test_another_program_s_field_is_named_and_left_alone(landing: Landing, cluster: Cluster) -> None:
    path = cluster.resource("apps/v1", "Deployment").path(NAME, "scheduler")
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "scheduler"},
        "spec": {"minReadySeconds": 1, "revisionHistoryLimit": 9},
    }

    def claim(fields: dict[str, Any]) -> None:
        query = {"fieldManager": "gitops", "force": "true"}
        content = json.dumps(fields).encode()
        cluster.transport.request(
            "PATCH", path, "claim", query=query, body=content, content_type="application/apply-patch+yaml"
        )

    claim(body)
    try:
        done = landing.airstrip("up", "--yes", "--json")
        (error,) = json.loads(done.stdout)["errors"]
        assert (done.returncode, error["code"]) == (1, "kubernetes.field-conflict")
        assert "gitops" in error["cause"]
        assert error["fix"]
        kept = (cluster.get("apps/v1", "Deployment", "scheduler", NAME) or {})["spec"]
        assert (kept["minReadySeconds"], kept["revisionHistoryLimit"]) == (1, 9)
    finally:
        # Without the fields it gives them up.
        claim({**body, "spec": {}})


def test_a_changed_setting_is_shown_as_what_differs_in_its_config_map(landing: Landing) -> None:
    landing.write_file("namespaces: {workers: elsewhere-entirely}\n")
    changes = plan(landing)
    fields = {field["path"]: field for change in changes for field in change["fields"]}
    namespace = fields["data.AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE"]
    assert (namespace["before"], namespace["after"]) == (f"{NAME}-workers", "elsewhere-entirely")
    assert any(change["action"] == "remove" for change in changes)


def test_no_changes_is_said_in_one_line(landing: Landing) -> None:
    assert landing.ok("plan") == f"No changes: {NAME} is as its file says.\n"
