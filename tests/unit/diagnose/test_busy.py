"""A deployment that has worked for hours: what is told of it does not depend on how much there is to be seen."""

from __future__ import annotations

import base64
import dataclasses
import secrets
import time
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.diagnose import DeploymentFact, Facts, Look, SecretValues, cluster_probe, diagnose, document, look
from airstrip.diagnose.airflow.facts import AirflowFacts, ImportErrorFact
from airstrip.diagnose.facts import EventFact
from airstrip.kube import Cluster
from airstrip.redaction import Redaction
from tests.unit.diagnose.cluster_cases import CLUSTER_CASES
from tests.unit.diagnose.making import HERE, event

NOTED = (
    ("Started", "Container started", False),
    ("Killing", "Stopping container base", False),
    ("FailedScheduling", "0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate", True),
)
REFUSED = event(
    "ReplicaSet/scheduler-abc", "FailedCreate", 'pods "x" is forbidden: exceeded quota: small, requested: x'
)
NO_PROVIDER = ImportErrorFact("a.py", "dags", "ModuleNotFoundError: No module named 'airflow.providers.amazon'")


def busy(pods: int) -> Look:
    """What thousands of tasks' pods leave behind, and what is wrong as the newest of it; in reach of 30 Secrets."""
    made = [f"etl-load-{number:05d}-abcdefgh" for number in range(pods)]
    events = [
        EventFact(HERE.workers, f"Pod/{name}", reason, message, warning, 1, "2026-01-01T00:00:00Z", f"u-{name}")
        for name in made
        for reason, message, warning in NOTED
    ]
    airflow = AirflowFacts(import_errors=(NO_PROVIDER,))
    return Look(Facts(deployment=HERE, events=(*events, REFUSED), airflow=airflow), known())


def known() -> SecretValues:
    held = {"data": {f"key{number}": base64.b64encode(secrets.token_bytes(32)).decode() for number in range(30)}}
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_: [held]))
    found = SecretValues(lambda: cluster, DeploymentFact("d", "x", "y"))
    found.probe().collect(Facts())
    return found


def test_thousands_of_events_take_no_word_from_what_is_found() -> None:
    seen = busy(4000)
    begun = time.thread_time()
    findings = diagnose(seen.facts, strike=seen.redaction())
    assert time.thread_time() - begun < 1.5
    assert [finding.code for finding in findings] == ["namespace.quota", "dags.missing-provider"]
    assert findings == diagnose(busy(1).facts)
    assert all("***" not in f"{finding.symptom} {finding.evidence}" for finding in findings)


def test_what_is_kept_of_them_explains_the_same() -> None:
    seen = busy(1000)
    kept, strike = seen.kept()
    assert diagnose(kept) == diagnose(seen.facts)
    assert strike.unread() == ""


def test_where_there_is_no_time_to_look_for_secrets_nothing_is_told_and_how_much_that_is() -> None:
    seen = busy(1)
    late = seen.redaction(seconds=-1)
    assert {finding.evidence for finding in seen.findings(late)} == {"***"}
    assert late.late > 0
    assert late.unread().endswith("texts stand here as ***: there was no time to look for secrets in them.")


def test_what_is_to_be_mended_first_is_told_before_time_is_up() -> None:
    seen = busy(1)
    looks = iter(range(100))
    every = seen.findings(Redaction(until=lambda: next(looks) < 0))
    most = next(looks) - 1
    left = iter(range(most))
    first, last = seen.findings(Redaction(until=lambda: next(left, None) is None))
    assert most > 3
    assert first == every[0]
    assert last.evidence == "***"


def test_what_is_kept_of_more_than_there_is_time_for_ends_in_time_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "KEEPING_SECONDS", 0.0)
    seen = busy(1000)
    begun = time.thread_time()
    kept, strike = seen.kept()
    assert time.thread_time() - begun < 1.5
    assert strike.unread("in facts.json").startswith(
        f"{strike.late} texts stand in facts.json as ***: there was no time"
    )
    # Names, states and times stay: rules that read it later do not stumble.
    assert {event.message for event in kept.events} == {"***"}
    assert [event.about for event in kept.events] == [event.about for event in seen.facts.events]


def test_names_are_gathered_without_making_thousands_of_facts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(dataclasses, "replace")
    assert "Pod/etl-load-00003-abcdefgh" in document.words(busy(4).facts)


def test_what_gathering_names_takes_is_of_the_time_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: object) -> set[str]:
        time.sleep(0.02)
        return {"x"}

    monkeypatch.setattr(document, "words", slow)
    assert busy(1).redaction(seconds=0.01)("so late") == "***"


def test_events_that_no_rule_reads_are_not_asked_for() -> None:
    asked: list[str] = []

    def listed(*_: str, field_selector: str) -> list[object]:
        asked.append(field_selector)
        return []

    Cluster.events(cast(Cluster, SimpleNamespace(list=listed)), "x", without=cluster_probe.ROUTINE)
    assert asked == ["reason!=Scheduled,reason!=Pulling,reason!=Pulled,reason!=Created"]
    read = {event.reason for facts, _ in CLUSTER_CASES.values() for event in facts.events}
    assert len(read) > 3
    assert not read & {*cluster_probe.ROUTINE}
