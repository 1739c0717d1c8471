"""Keys that one Secret or ConfigMap lacks are one finding, whoever says so, and with all that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from airstrip.diagnose import RULES, Facts, Rule, diagnose
from airstrip.diagnose.airflow.facts import SecretFact
from airstrip.diagnose.facts import PodFact
from airstrip.diagnose.match import Match
from tests.unit.diagnose.airflow_cases import AIRFLOW_CASES, seen
from tests.unit.diagnose.cluster_cases import CLUSTER_CASES
from tests.unit.diagnose.making import CREATING, event, pod, waiting
from tests.unit.diagnose.place_cases import PLACE_CASES

LOST = "Without a copy of its fernet-key, stored connections and variables cannot be read any more."


def lacks(component: str, key: str, of: str) -> PodFact:
    return pod(component, waiting("CreateContainerConfigError", f"couldn't find key {key} in {of}"))


def landed(*keys: str) -> SecretFact:
    return SecretFact("airflow-keys", present=True, readers=("scheduler", "api-server"), missing=keys)


def test_a_pod_that_says_the_same_takes_nothing_away_from_what_is_lost() -> None:
    waits = lacks("scheduler", "fernet-key", "Secret airflow/airflow-keys")
    (finding,) = diagnose(replace(seen(secrets=(landed("fernet-key"),)), pods=(waits,)))
    assert (finding.code, finding.symptom) == ("secret.key-missing", "Secret airflow-keys in airflow lacks fernet-key")
    cause = f"It was changed by hand, or made without: scheduler, api-server cannot start. {LOST}"
    assert (finding.cause, finding.evidence) == (cause, waits.containers[0].message)


def test_all_keys_that_are_gone_are_told() -> None:
    waits = lacks("api-server", "jwt-secret", "Secret airflow/airflow-keys")
    (finding,) = diagnose(replace(seen(secrets=(landed("fernet-key", "jwt-secret"),)), pods=(waits,)))
    assert finding.symptom == "Secret airflow-keys in airflow lacks fernet-key, jwt-secret"
    assert finding.cause.endswith(LOST)


def test_what_is_lost_is_told_where_only_a_pod_says_so() -> None:
    (finding,) = diagnose(Facts(pods=[lacks("scheduler", "fernet-key", "Secret airflow/airflow-keys")]))
    assert finding.cause.endswith(LOST)


@pytest.mark.parametrize(
    ("of", "code", "symptom"),
    [
        ("Secret airflow/my", "secret.key-missing", "Secret my in airflow lacks a, b"),
        ("ConfigMap airflow/my", "config-map.key-missing", "ConfigMap my in airflow lacks a, b"),
    ],
)
def test_pods_that_lack_different_keys_are_one_finding(of: str, code: str, symptom: str) -> None:
    pods = [lacks("scheduler", "a", of), lacks("triggerer", "b", of)]
    (finding,) = diagnose(Facts(pods=pods))
    assert (finding.code, finding.symptom) == (code, symptom)
    assert "scheduler, triggerer cannot start" in finding.cause
    assert finding.evidence.splitlines() == [each.containers[0].message for each in pods]


def test_volumes_that_lack_keys_are_told_each_by_its_pod() -> None:
    said = 'MountVolume.SetUp failed for volume "{}" : references non-existent secret key: {}'
    pods = [pod(name, CREATING) for name in ("scheduler", "triggerer")]
    events = [event(f"Pod/{each.name}", "FailedMount", said.format("own", "a")) for each in pods]
    findings = diagnose(Facts(pods=pods, events=events))
    assert [finding.symptom for finding in findings] == [
        f"Secret of volume own of {each.name} in airflow lacks a" for each in pods
    ]


def rule(code: str, *matches: Match) -> Rule:
    def found(_: Facts) -> Iterator[Match]:
        yield from matches

    return Rule(code, "{n}", "So.", "Mend it.", found)


def test_what_any_of_several_with_one_subject_explains_stays_explained() -> None:
    one = rule("a.a", Match("x", {"n": "1"}, explains=["p"]), Match("x", {"n": "2"}, explains=["q"]))
    later = rule("b.b", Match("p", {"n": "3"}), Match("q", {"n": "4"}), Match("r", {"n": "5"}))
    assert [(each.code, each.symptom) for each in diagnose(Facts(), (one, later))] == [("a.a", "2"), ("b.b", "5")]


@pytest.mark.parametrize("code", CASES := {**PLACE_CASES, **CLUSTER_CASES, **AIRFLOW_CASES})
def test_no_rule_gives_one_subject_two_texts(code: str) -> None:
    """The last would be told, and what the other says is lost."""
    facts = CASES[code][0]
    for each in RULES:
        told: dict[str, Match] = {}
        for match in each.matches(facts):
            assert told.setdefault(match.subject, match).fields == match.fields, (each.code, match.subject)
