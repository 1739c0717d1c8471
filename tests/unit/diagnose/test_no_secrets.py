"""Secrets that were planted wherever facts have a text: none is in what is kept, and findings stay what they are."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
import types
import typing
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import DeploymentFact, Facts, SecretValues, Sources, diagnose, document, examine, unread
from airstrip.diagnose.document import with_texts
from airstrip.diagnose.facts import ProbeFact
from airstrip.diagnose.probes import Probe, run_probes
from airstrip.errors import AirflowError, KubernetesError
from airstrip.kube import Cluster, connect
from airstrip.place import DiskFact, FolderFact, PartFact, PlaceFact
from airstrip.redaction import Redaction
from tests.unit.diagnose.test_probes import kubeconfig
from tests.unit.diagnose.test_rules import CASES

JWT = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0abcd.c2lnbmF0dXJlLW9m"
KEPT = "correct-horse-battery"
"""What a Secret of the cluster holds."""
PLANTED = (
    f"tried postgresql://ada:hunter2@db/x with {JWT}, Authorization: Basic aHVudGVyMg==, password='hunter2',"
    f" AIRFLOW__CORE__FERNET_KEY=hunter2, AIRFLOW_CONN_DB=mysql://db/hunter2, and {KEPT}"
)
SECRETS = ("hunter2", JWT, "aHVudGVyMg==", KEPT)


def planted(kind: Any) -> Any:
    """A value of this type that has the planted text wherever a text can be, lists with one element."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: planted(hints[field.name]) for field in dataclasses.fields(kind)})
    if origin in (typing.Union, types.UnionType):
        return planted(next(one for one in inner if one is not type(None)))
    if origin is not None and issubclass(origin, Sequence):
        return (planted(inner[0]),)
    return PLANTED if kind is str else kind()


def test_no_text_of_any_fact_keeps_a_secret() -> None:
    facts = planted(Facts)
    before = json.dumps(facts.to_dict())
    # One in each field: what is not walked through would keep its own.
    assert before.count(KEPT) > 80
    saved = json.dumps(with_texts(facts, Redaction([KEPT])).to_dict())
    assert [secret for secret in SECRETS if secret in saved] == []
    assert saved.count("postgresql://***@db/x") == before.count(KEPT)


def words(value: object, name: str = "") -> set[str]:
    """Codes, names and states: whatever is one word, where nobody writes a message."""
    if isinstance(value, dict):
        return {word for key, item in value.items() for word in words(item, key)}
    if isinstance(value, list):
        return {word for item in value for word in words(item, name)}
    written = name in ("message", "detail", "cause", "fix", "log", "lines", "undecrypted", "unschedulable")
    return {value} if isinstance(value, str) and not written and len(value) > 5 and " " not in value else set()


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in diagnose(facts)]


@pytest.mark.parametrize("code", CASES)
def test_what_is_struck_out_changes_no_finding(code: str) -> None:
    """Neither what has the form of a secret, nor a Secret that holds a word that rules look for."""
    facts = CASES[code][0]
    found = codes(facts)
    assert codes(with_texts(facts, Redaction())) == found
    lost = [word for word in sorted(words(facts.to_dict())) if codes(with_texts(facts, Redaction([word]))) != found]
    assert lost == []


def test_a_secret_that_holds_a_probe_s_name_strikes_it_out_of_messages_only() -> None:
    probe = ProbeFact("landed", "failed", "landed too late", code="landed.unreachable")
    redact = Redaction(["landed", "landed.unreachable", '{"conn_type": "landed"}'])
    struck = with_texts(Facts(probes=(probe,)), redact)
    assert struck.probes == (dataclasses.replace(probe, detail="*** too late"),)


def told(code: str, strike: Redaction) -> list[tuple[str, str]]:
    return [(finding.symptom, finding.fix) for finding in diagnose(CASES[code][0], strike=strike)]


@pytest.mark.parametrize("code", CASES)
def test_nothing_that_a_rule_tells_of_what_it_saw_keeps_a_secret(code: str) -> None:
    """Rules see facts as they are: here each message, line and detail of them holds what a Secret holds."""
    facts = with_texts(CASES[code][0], _Planting())
    findings = diagnose(facts, strike=Redaction([KEPT], words=document.words(facts)))
    assert [finding.code for finding in findings] == codes(CASES[code][0])
    assert KEPT not in json.dumps([finding.to_dict() for finding in findings])


class _Planting:
    def __call__(self, text: str) -> str:
        return f"{text} {KEPT}" if text else ""

    def word(self, text: str) -> str:
        return text


@pytest.mark.parametrize("code", CASES)
def test_names_are_told_though_a_secret_holds_a_part_of_one(code: str) -> None:
    """`analytics` may be a schema in a Secret: `analytics_daily` is told, or a fix would name nothing."""
    facts = CASES[code][0]
    words = document.words(facts)
    parts = {part for word in words for part in word.replace("_", "-").split("-") if part not in words}
    assert told(code, Redaction(parts, words=words)) == told(code, Redaction())


def test_a_key_in_a_log_is_struck_out_to_its_last_line() -> None:
    log = ("-----BEGIN PRIVATE KEY-----", "bGFzdA==", "-----END PRIVATE KEY-----", "then")
    part = with_texts(PartFact("etcd", "failing", 3, log), Redaction())
    assert list(part.log) == ["***", "then"]


def test_a_long_log_is_told_but_for_its_secrets() -> None:
    log = (*(f"line {number}: {'-' * 150}" for number in range(2000)), "password=hunter2")
    part = with_texts(PartFact("etcd", "failing", 3, log), Redaction())
    assert part.log == (*log[:-1], "password=***")


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(found)}


SECRET = {"metadata": {"name": "s", "namespace": "x"}, "data": {"key": base64.b64encode(KEPT.encode()).decode()}}
ENDED = {"terminated": {"exitCode": 1, "reason": "Error", "message": PLANTED}}
POD = {
    "metadata": {"name": "p", "namespace": "x", "creationTimestamp": "2026-01-01T00:00:00Z", "uid": "u"},
    "spec": {},
    "status": {
        "phase": "Failed",
        "message": PLANTED,
        "containerStatuses": [{"name": "main", "image": "i", "restartCount": 3, "state": ENDED, "lastState": ENDED}],
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": PLANTED}],
    },
}
EVENT = {
    "metadata": {"name": "e", "namespace": "x"},
    "involvedObject": {"kind": "Pod", "name": "p", "uid": "u"},
    "reason": "Failed",
    "message": PLANTED,
    "type": "Warning",
    "lastTimestamp": "2026-01-01T00:00:00Z",
}
JOB = {
    "metadata": {"name": "j", "namespace": "x"},
    "status": {"conditions": [{"type": "Failed", "status": "True", "message": PLANTED}]},
}
NODE = {
    "metadata": {"name": "n"},
    "status": {"conditions": [{"type": "Ready", "status": "False", "message": PLANTED}]},
}
ANSWERS: dict[str, Any] = {"secrets": SECRET, "pods": POD, "events": EVENT, "jobs": JOB, "nodes": NODE}


class _Server(ThreadingHTTPServer):
    """A dozen probes ask it at once."""

    request_queue_size = 100


class _Telling(BaseHTTPRequestHandler):
    """An API server whose every message, and every log line, holds secrets; those of one namespace are forbidden."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/log"):
            self._say(200, PLANTED.encode(), "text/plain")
        elif path.endswith("/y/secrets"):
            self._say(403, b'{"kind": "Status", "message": "no"}', "application/json")
        else:
            found = ANSWERS.get(path.rpartition("/")[2])
            own = [found] if found and ("/namespaces/" not in path or "/x/" in path) else []
            document = {"gitVersion": "v1.35.4", **items(*own)}
            self._say(200, json.dumps(document).encode(), "application/json")

    def _say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def unwell() -> PlaceFact:
    disks, folders = [DiskFact(PLANTED, PLANTED, 1, 2)], [FolderFact("logs", "/x", (PLANTED,))]
    return PlaceFact("local", "failing", [PartFact("etcd", "failing", 3, (PLANTED,))], disks, folders)


def no_airflow() -> AirflowClient:
    raise AirflowError("airflow.unreachable", PLANTED, cause=PLANTED, fix=PLANTED)


def test_what_a_cluster_tells_is_kept_without_the_values_of_its_secrets(tmp_path: Path) -> None:
    with _Server(("127.0.0.1", 0), _Telling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}")
        seen = examine(Sources(DeploymentFact("d", "x", "y"), unwell, lambda: connect(path, direct=True), no_airflow))
        server.shutdown()
    facts = seen.kept()
    states = {probe.name: probe.state for probe in facts.probes}
    assert {states[name] for name in ("place", "nodes", "pods", "logs", "jobs", "events", "Secrets")} == {"ok"}
    assert [probe.detail for probe in facts.probes if probe.name == "Secrets"] == ["forbidden in y"]
    assert "forbidden in y" in unread(facts)
    saved = json.dumps(facts.to_dict())
    assert [secret for secret in SECRETS if secret in saved] == []
    (pod,), (event,) = facts.pods, facts.events
    for text in (pod.message, pod.unschedulable, pod.containers[0].message, *pod.containers[0].log, event.message):
        assert "postgresql://***@db/x" in text
    assert KEPT in seen.facts.events[0].message
    findings = diagnose(seen.facts, strike=seen.redaction())
    assert findings
    told = json.dumps([finding.to_dict() for finding in findings])
    assert [secret for secret in SECRETS if secret in told] == []


class _HalfAway:
    """A cluster of which one namespace does not answer."""

    def __init__(self, away: str) -> None:
        self.away = away

    def list(self, _: str, __: str, namespace: str) -> list[dict[str, Any]]:
        if namespace == self.away:
            raise KubernetesError("kubernetes.timeout", "no answer")
        return [SECRET]


@pytest.mark.parametrize("away", ["x", "y"])
def test_a_namespace_that_does_not_answer_leaves_the_other_s_values_known(away: str) -> None:
    secrets = SecretValues(lambda: cast(Cluster, _HalfAway(away)), DeploymentFact("d", "x", "y"))
    facts = run_probes([Probe("kubernetes", lambda _: Facts()), secrets.probe()], Facts())
    assert unread(facts).startswith("Not all Secrets could be read (failed: no answer)")
    part = PartFact("etcd", "failing", 3, (f"it is {KEPT}",))
    assert with_texts(part, secrets.redaction(facts, seconds=5)).log == ("it is ***",)
    # Where there is no time left to look, nothing is told.
    assert with_texts(part, secrets.redaction(facts, seconds=-1)).log == ("***",)
