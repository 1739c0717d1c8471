"""Who refused an object, by the API server's own words."""

from __future__ import annotations

import pytest

from airstrip.diagnose import diagnose
from airstrip.kube.admission import EXPLANATIONS, RBAC, STAYS, Refusal, cause_and_fix, refusal_in
from tests.unit.diagnose.making import refused

FORBIDDEN = 'pods "a" is forbidden: '
USER = "system:serviceaccount:air:scheduler"
CREATE = f'User "{USER}" cannot create resource "pods" in API group "" in the namespace "w"'


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            FORBIDDEN + "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2",
            Refusal("namespace.quota", "exceeded quota", "small"),
        ),
        (
            FORBIDDEN + "failed quota: small: must specify limits.cpu for: base",
            Refusal("namespace.quota", "failed quota", "small"),
        ),
        (
            FORBIDDEN + "maximum memory usage per Container is 64Mi, but limit is 512Mi",
            Refusal("namespace.limit-range", "maximum memory usage per Container"),
        ),
        (
            FORBIDDEN + "[minimum cpu usage per Pod is 1, but request is 500m]",
            Refusal("namespace.limit-range", "minimum cpu usage per Pod"),
        ),
        (
            FORBIDDEN + 'violates PodSecurity "restricted:latest": runAsNonRoot',
            Refusal("pod.security-violation", "violates PodSecurity"),
        ),
        (
            'failed calling webhook "guard.example.com": no endpoints available',
            Refusal("webhook.unavailable", 'failed calling webhook "guard.example.com', "guard.example.com"),
        ),
        (
            'admission webhook "guard.example.com" denied the request: no',
            Refusal("webhook.denied", 'admission webhook "guard.example.com', "guard.example.com"),
        ),
        (
            'error looking up service account air/nobody: serviceaccount "nobody" not found',
            Refusal("account.missing", "error looking up service account air/nobody", "nobody"),
        ),
        (
            "forbidden: unable to create new content in namespace w because it is being terminated",
            Refusal("namespace.terminating", "is being terminated"),
        ),
        ("pods is forbidden: " + CREATE, Refusal(RBAC, f"is forbidden: {CREATE[:71]}", USER, "create", "pods")),
    ],
)
def test_who_refused_is_told_by_the_words(text: str, refusal: Refusal) -> None:
    assert refusal_in(text) == refusal


def test_words_in_a_log_are_escaped() -> None:
    escaped = f"pods is forbidden: {CREATE}".replace('"', r"\"")
    found = refusal_in(f'{{"message":"{escaped}"}}')
    assert found is not None
    assert (found.code, found.name, found.verb, found.resource) == (RBAC, USER, "create", "pods")


def test_who_stands_beside_another_did_not_refuse_alone() -> None:
    found = refusal_in(f"pods is forbidden: {CREATE}\n{FORBIDDEN}exceeded quota: small")
    assert found is not None
    assert found.code == "namespace.quota"


@pytest.mark.parametrize("text", ["", "all is well", "ValueError: you must specify a day", "maximum usage per day"])
def test_what_nobody_refused(text: str) -> None:
    assert refusal_in(text) is None


WEBHOOK = "guard.example.com"
MEND = (
    "Mend what serves it, or delete its configuration (kubectl get validatingwebhookconfigurations,"
    "mutatingwebhookconfigurations -o wide)."
)
RAISE = "Raise the ResourceQuota (kubectl -n {} edit resourcequota), or ask for less."
ALLOW = "Change the LimitRange (kubectl -n {} edit limitrange), or ask for what it allows."
ASK = "Ask whoever keeps that webhook; or change what it names."
TEXTS = [
    ("webhook.unavailable", WEBHOOK, "air", "The admission webhook guard.example.com does not answer.", MEND),
    ("webhook.denied", WEBHOOK, "air", "The admission webhook guard.example.com refuses it.", ASK),
    ("webhook.denied", "", "air", "An admission webhook refuses it.", ASK),
    ("namespace.quota", "q", "air", "The quota of air is used up, or does not let it in.", RAISE.format("air")),
    (
        "namespace.quota",
        "q",
        "",
        "The quota of its namespace is used up, or does not let it in.",
        RAISE.format("NAMESPACE"),
    ),
    ("namespace.limit-range", "", "air", "The limit range of air forbids it.", ALLOW.format("air")),
    ("namespace.limit-range", "", "", "The limit range of its namespace forbids it.", ALLOW.format("NAMESPACE")),
    (
        "pod.security-violation",
        "",
        "air",
        "The pod security of air does not allow it.",
        "Take out what is named there, or set what it lacks.",
    ),
]


@pytest.mark.parametrize(("code", "name", "namespace", "cause", "fix"), TEXTS)
def test_an_error_s_texts_are_whole(code: str, name: str, namespace: str, cause: str, fix: str) -> None:
    assert cause_and_fix(Refusal(code, "x", name), namespace) == (cause, fix)


def test_every_refusal_of_a_pod_has_the_texts_of_an_error() -> None:
    assert {text[0] for text in TEXTS} == set(EXPLANATIONS)


def test_a_webhook_without_a_name_is_told_as_one() -> None:
    (finding,) = diagnose(refused("admission webhook denied the request: no"))
    symptom = "no pod can be made for scheduler-abc: the admission webhook (unnamed) refuses it"
    assert (finding.code, finding.symptom) == ("webhook.denied", symptom)


def test_only_a_refusal_that_stays_is_final() -> None:
    assert {"namespace.quota", "namespace.limit-range", "pod.security-violation"} == STAYS
