"""Secrets that were planted wherever facts have a text: none is in what is kept, and findings stay what they are."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Sequence
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
from tests.unit.diagnose.telling import CLOSED, HERE, KEPT, PLANTED, SECRET, SECRETS, telling_server
from tests.unit.diagnose.test_rules import CASES


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


def unwell() -> PlaceFact:
    disks, folders = [DiskFact(PLANTED, PLANTED, 1, 2)], [FolderFact("logs", "/x", (PLANTED,))]
    return PlaceFact("local", "failing", [PartFact("etcd", "failing", 3, (PLANTED,))], disks, folders)


def no_airflow() -> AirflowClient:
    raise AirflowError("airflow.unreachable", PLANTED, cause=PLANTED, fix=PLANTED)


def test_what_a_cluster_tells_is_kept_without_the_values_of_its_secrets(tmp_path: Path) -> None:
    with telling_server(tmp_path) as path:
        seen = examine(
            Sources(DeploymentFact("d", HERE, CLOSED), unwell, lambda: connect(path, direct=True), no_airflow)
        )
    facts, strike = seen.kept()
    states = {probe.name: probe.state for probe in facts.probes}
    assert {states[name] for name in ("place", "nodes", "pods", "logs", "jobs", "events", "Secrets")} == {"ok"}
    assert [probe.detail for probe in facts.probes if probe.name == "Secrets"] == [f"forbidden in {CLOSED}"]
    assert f"forbidden in {CLOSED}" in unread(facts, strike)
    saved = json.dumps(facts.to_dict())
    assert [secret for secret in SECRETS if secret in saved] == []
    (pod,), (event,) = facts.pods, facts.events
    for text in (pod.message, pod.unschedulable, pod.containers[0].message, *pod.containers[0].log, event.message):
        assert "postgresql://***@db/x" in text
    assert KEPT in seen.facts.events[0].message
    findings = seen.findings(seen.redaction())
    assert findings
    assert KEPT not in repr(seen)
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
    assert unread(facts, Redaction()).startswith("Not all Secrets could be read (failed: no answer)")
    part = PartFact("etcd", "failing", 3, (f"it is {KEPT}",))
    assert with_texts(part, secrets.redaction(facts, (), until=lambda: False)).log == ("it is ***",)
    # Where there is no time left to look, nothing is told.
    assert with_texts(part, secrets.redaction(facts, (), until=lambda: True)).log == ("***",)


def test_what_is_said_of_secrets_that_were_not_read_is_our_own_sentence() -> None:
    """Late, it was struck out whole itself."""
    facts = Facts(probes=(ProbeFact("Secrets", "failed", f"no answer to {KEPT}"),))
    said = (
        "Not all Secrets could be read (failed: {}): of the others, only what has the form of a secret is struck out."
    )
    assert unread(facts, Redaction([KEPT])) == said.format("no answer to ***")
    assert unread(facts, Redaction(until=lambda: True)) == said.format("***")
