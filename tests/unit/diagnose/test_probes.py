"""Probes side by side: what hangs, fails or is skipped, against real sockets where a server is meant."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import DeploymentFact, Facts, Sources, cluster_probe, diagnose, examine
from airstrip.diagnose.airflow.probe import AirflowSources, airflow_probes
from airstrip.diagnose.facts import NodeFact
from airstrip.diagnose.probes import DEADLINE, LIMIT, Probe, run_probes
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster, connect
from airstrip.place import PlaceFact

NODE = NodeFact("n", ready=True)


def found(_: Facts) -> Facts:
    return Facts(nodes=(NODE,))


def test_one_that_hangs_ends_at_its_deadline_and_the_others_tell() -> None:
    release, ended = threading.Event(), threading.Event()

    def hang(_: Facts) -> Facts:
        release.wait(60)
        ended.set()
        return Facts(clock=99.0)

    facts = run_probes([Probe("hung", hang, deadline=0.2), Probe("nodes", found)], Facts())
    assert not ended.is_set()
    release.set()
    assert [(probe.name, probe.state, probe.code) for probe in facts.probes] == [
        ("hung", "failed", "probe.timeout"),
        ("nodes", "ok", ""),
    ]
    assert facts.nodes == (NODE,)
    assert facts.clock is None


def test_a_chain_of_slow_ones_ends_at_the_limit_of_all() -> None:
    """None of them for itself: each answers long before its own deadline."""
    began: list[int] = []

    def slow(_: Facts) -> Facts:
        began.append(len(began))
        time.sleep(0.1)
        return Facts()

    chain = [Probe("0", slow), *(Probe(str(number), slow, (str(number - 1),)) for number in range(1, 40))]
    facts = run_probes(chain, Facts(), limit=1.0)
    assert len(began) < len(chain)
    states = [probe.state for probe in facts.probes]
    assert states == sorted(states, key=["ok", "failed", "skipped"].index)
    assert set(states) == {"ok", "failed", "skipped"}


def test_one_that_fails_is_told_with_its_error_and_skips_what_needs_it() -> None:
    def fail(_: Facts) -> Facts:
        raise KubernetesError("kubernetes.unreachable", "it is away", cause="No power.", fix="Plug it in.")

    probes = [Probe("a", fail), Probe("b", found, ("a",)), Probe("c", found, ("b",)), Probe("d", found)]
    facts = run_probes(probes, Facts())
    assert [(probe.state, probe.detail) for probe in facts.probes] == [
        ("failed", "it is away"),
        ("skipped", "needs a"),
        ("skipped", "needs b"),
        ("ok", ""),
    ]
    assert facts.probes[0].fix == "Plug it in."


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ([Probe("a", found, ("kubernets",)), Probe("kubernetes", found)], "a needs kubernets"),
        ([Probe("a", found, ("b",)), Probe("b", found, ("a",))], "a needs b; b needs a"),
        ([Probe("a", found, ("a",))], "a needs a"),
        ([Probe("a", found), Probe("a", found)], "two probes have one name"),
    ],
)
def test_probes_that_could_never_begin_are_refused_at_once(probes: list[Probe], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run_probes(probes, Facts())


def test_one_that_meets_what_nobody_foresaw_keeps_no_other_from_telling() -> None:
    def stumble(_: Facts) -> Facts:
        raise KeyError("status")

    facts = run_probes([Probe("a", stumble), Probe("nodes", found)], Facts())
    assert facts.probes[0].detail == "KeyError: 'status'"
    assert facts.nodes == (NODE,)


def test_one_gets_what_those_that_it_needs_have_found() -> None:
    def more(known: Facts) -> Facts:
        return Facts(clock=float(len(known.nodes)))

    assert run_probes([Probe("count", more, ("nodes",)), Probe("nodes", found)], Facts()).clock == 1.0


def test_the_limit_of_all_leaves_a_command_that_starts_slowly_its_time() -> None:
    """Of 15 s; the launcher and the imports took up to 9 on a machine with ten times the work that it has cores for."""
    assert cluster_probe._ANSWER_SECONDS < DEADLINE < LIMIT <= 8


def test_a_slow_airflow_is_asked_everything_and_one_question_that_hangs_hides_no_other() -> None:
    """Its log-in and a dozen requests, one after the other, would take longer than any of them may."""
    release = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/users"):
            release.wait(60)
        release.wait(0.2)
        if request.url.path.endswith("/health"):
            return httpx.Response(200, json={"scheduler": {"status": "healthy"}})
        body = {"version": "3.3.2", "access_token": "t", "total_entries": 0}
        lists = ("import_errors", "dags", "pools", "task_instances", "variables", "connections", "users")
        return httpx.Response(200, json={**body, **dict.fromkeys(lists, ())})

    client = AirflowClient("http://localhost", "a", "b", http=httpx.MockTransport(answer))
    asked = AirflowSources(DeploymentFact("x", "x", "x-workers"), no_cluster, lambda: client)
    probes = [replace(probe, deadline=1.7) for probe in airflow_probes(asked) if "-objects" not in probe.name]
    facts = run_probes([Probe("kubernetes", found), *probes], Facts())
    release.set()
    states = {probe.name: (probe.state, probe.code) for probe in facts.probes if probe.name != "airflow-logs"}
    assert states.pop("accounts") == ("failed", "probe.timeout")
    assert set(states.values()) == {("ok", "")}, states
    assert facts.airflow is not None
    assert facts.airflow.version == "3.3.2"
    assert facts.airflow.admins is None


def no_cluster() -> Cluster:
    raise KubernetesError("kubernetes.unreachable", "it is away", cause="No power.", fix="Plug it in.")


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections, as a process that is stopped does, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def kubeconfig(folder: Path, server: str) -> Path:
    file = folder / "kubeconfig"
    file.write_text(
        f"current-context: x\ncontexts: [{{name: x, context: {{cluster: x}}}}]\n"
        f"clusters: [{{name: x, cluster: {{server: '{server}'}}}}]\n"
    )
    return file


def sources(cluster: Path) -> Sources:
    def never() -> AirflowClient:
        raise AssertionError("nobody asks Airflow where the cluster does not answer")

    def joined() -> Cluster:
        return connect(cluster, direct=True)

    return Sources(DeploymentFact("x", "x", "x-workers"), lambda: PlaceFact("local", "ready"), joined, never)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_hung_api_server_is_not_waited_for_beyond_its_deadline(
    tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by nobody else: the server is silent until all of it has ended."""
    monkeypatch.setattr(cluster_probe, "_ANSWER_SECONDS", 0.5)
    with silent_server() as port:
        facts = examine(sources(kubeconfig(tmp_path, f"{scheme}://127.0.0.1:{port}"))).facts
    assert [finding.code for finding in diagnose(facts)] == ["kubernetes.timeout"]
    asked = facts.probe("kubernetes")
    assert asked is not None
    # What it was given, not what a clock said.
    assert (asked.code, round(asked.seconds, 3)) == ("probe.timeout", 0.5)
    assert facts.place == PlaceFact("local", "ready")
    assert {probe.state for probe in facts.probes if probe.name not in ("place", "kubernetes")} == {"skipped"}


def test_an_api_server_that_refuses_is_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    facts = examine(sources(kubeconfig(tmp_path, f"https://127.0.0.1:{port}"))).facts
    assert [finding.code for finding in diagnose(facts)] == ["kubernetes.unreachable"]


def test_a_broken_kubeconfig_is_told_and_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("{token: se cret: [\n")
    facts, _ = examine(sources(file)).kept()
    (finding,) = diagnose(facts)
    assert finding.code == "kubernetes.kubeconfig-invalid"
    assert "se cret" not in str(facts.to_dict())


class _HourAhead(BaseHTTPRequestHandler):
    """An API server without objects, whose clock is an hour ahead."""

    def do_GET(self) -> None:
        body = b'{"gitVersion": "v1.35.4", "items": []}'
        self.send_response_only(200)
        self.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_clocks_that_do_not_agree_are_the_first_finding(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _HourAhead) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        facts = examine(sources(kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}"))).facts
        server.shutdown()
    first = diagnose(facts)[0]
    assert first.code == "clock.skew"
    assert 3590 < (facts.clock or 0) < 3610
