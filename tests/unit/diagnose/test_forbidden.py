"""A namespace that we may not look into takes nothing from the others: against a real server that refuses it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import DeploymentFact, Facts, diagnose, look_at_cluster, namespace_probe
from airstrip.diagnose.labels import INSTANCE
from airstrip.diagnose.readable import in_each
from airstrip.diagnose.task_pods_probe import task_pods_probe
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster, connect
from tests.unit.diagnose.test_probes import kubeconfig

NAMES = ("one", "gone")
HERE = DeploymentFact("x", "x", "x-workers", projects=("x-sales",))
LANDED = {"objects": json.dumps([["v1", "ConfigMap", where, name] for where in HERE.namespaces for name in NAMES])}
"""In the record of the last landing."""
OF_EACH = {"namespaces", "pods", "jobs", "storage", "events", "quotas", "landed objects"}


class Restricted(BaseHTTPRequestHandler):
    """Each namespace has one of everything; `refused` are parts of paths that we may not ask for."""

    refused: tuple[str, ...] = ()

    def do_GET(self) -> None:
        path = f"{self.path.partition('?')[0]}/"
        if any(part in path for part in self.refused):
            self.answer(403, {"kind": "Status", "reason": "Forbidden", "message": "no"})
        else:
            where = path.partition("/namespaces/")[2].partition("/")[0]
            items = [one_of_all(where)] if where else []
            self.answer(200, {"gitVersion": "v1.35.4", "metadata": {}, "items": items, "data": LANDED})

    def do_POST(self) -> None:
        """What each component may do."""
        self.answer(201, {"status": {"allowed": True}})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A dozen probes ask it at once."""

    request_queue_size = 100


def one_of_all(namespace: str) -> dict[str, Any]:
    """A pod, of another Airflow's task, that failed; as well as a Job, a claim, an event and a quota."""
    ended = {"name": "main", "state": {"terminated": {"exitCode": 1}}, "ready": False}
    return {
        "metadata": {
            "name": "one",
            "namespace": namespace,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {INSTANCE: "another"},
        },
        "spec": {},
        "status": {
            "phase": "Failed",
            "containerStatuses": [ended],
            "hard": {"pods": "1"},
            "used": {"pods": "0"},
        },
        "involvedObject": {"kind": "Pod", "name": "one"},
    }


@contextmanager
def restricted(folder: Path, *refused: str) -> Iterator[Cluster]:
    handler = type("Handler", (Restricted,), {"refused": refused})
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cluster = connect(kubeconfig(folder, f"http://127.0.0.1:{server.server_port}"), direct=True)
        yield cluster
        cluster.close()
        server.shutdown()


def seen(folder: Path, *refused: str) -> Facts:
    with restricted(folder, *refused) as cluster:
        return look_at_cluster(cluster, HERE).facts


def test_the_others_are_seen_by_every_probe_and_which_is_closed_is_told(tmp_path: Path) -> None:
    facts = seen(tmp_path, "/namespaces/x-workers/")
    others = ["x", "x-sales"]
    assert [namespace.name for namespace in facts.namespaces] == others
    for found in (facts.pods, facts.jobs, facts.claims, facts.events, facts.quotas):
        assert [each.namespace for each in found] == others
    went = {probe.name: (probe.state, tuple(probe.forbidden)) for probe in facts.probes}
    assert {name for name, how in went.items() if how == ("ok", ("x-workers",))} == OF_EACH
    assert went["logs"] == ("ok", ())


def test_it_is_one_finding_behind_whatever_is_wrong(tmp_path: Path) -> None:
    facts = seen(tmp_path, "/namespaces/x-workers/")
    assert "probe.forbidden" not in {finding.code for finding in diagnose(facts)}
    (finding,) = diagnose(Facts(probes=facts.probes))
    names = [probe.name for probe in facts.probes if probe.name in OF_EACH]
    assert finding.symptom == f"of x-workers these could not be looked at: {', '.join(names)}"
    assert "kubectl -n x-workers create rolebinding" in finding.fix


def test_where_all_are_closed_each_look_has_failed(tmp_path: Path) -> None:
    facts = seen(tmp_path, "/namespaces/x")
    failed = {probe.name: probe.code for probe in facts.probes if probe.state == "failed"}
    assert {name for name, code in failed.items() if code == "kubernetes.forbidden"} >= OF_EACH


def test_logs_that_may_not_be_read_take_no_pod_and_no_log_of_others(tmp_path: Path) -> None:
    """Whoever may list pods may not always read what they print."""
    facts = seen(tmp_path, "/x-workers/pods/one/log/")
    logs = {pod.namespace: bool(container.log) for pod, container in facts.containers()}
    assert logs == {"x": True, "x-workers": False, "x-sales": True}
    probe = facts.probe("logs")
    assert probe is not None
    assert (probe.state, tuple(probe.forbidden)) == ("ok", ("x-workers",))


def test_what_was_landed_is_not_missed_where_it_may_not_be_listed(tmp_path: Path) -> None:
    with restricted(tmp_path, "/x-workers/configmaps/") as cluster:
        facts = namespace_probe.read_missing(cluster, HERE)
    assert [(each.namespace, each.name) for each in facts.missing] == [("x", "gone"), ("x-sales", "gone")]
    assert [probe.forbidden for probe in facts.probes] == [("x-workers",)]


def test_pods_of_tasks_are_sought_in_the_others(tmp_path: Path) -> None:
    def no_airflow() -> AirflowClient:
        raise AssertionError("there is no pod of ours to ask for")

    for refused in (("x-sales",), ("x-workers", "x-sales")):
        with restricted(tmp_path, *(f"/namespaces/{name}/" for name in refused)) as cluster:
            facts = task_pods_probe(HERE, lambda: cluster, no_airflow).collect(Facts())
        assert [probe.forbidden for probe in facts.probes] == [refused]


@pytest.mark.parametrize("status", [500, 401, None])
def test_what_is_no_lack_of_rights_is_the_whole_probe_s(status: int | None) -> None:
    def fail(_: str) -> None:
        raise KubernetesError("kubernetes.server-error", "it is away", status=status)

    with pytest.raises(KubernetesError):
        in_each(["a", "b"], fail)
