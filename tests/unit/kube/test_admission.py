"""Who refused an object, by the API server's own words."""

from __future__ import annotations

import pytest

from airstrip.kube.admission import EXPLANATIONS, RBAC, STAYS, Refusal, cause_and_fix, refusal_in

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


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_error_names_the_namespace_or_leaves_room_for_it(code: str) -> None:
    known = Refusal(code, "x", "guard.example.com")
    for namespace in ("air", ""):
        cause, fix = cause_and_fix(known, namespace)
        assert "{" not in cause + fix
        assert cause.endswith(".")
        assert fix.endswith(".")
    assert cause_and_fix(Refusal("namespace.quota", "x"), "air")[1].startswith(
        "Raise the ResourceQuota: kubectl -n air edit"
    )


def test_only_a_refusal_that_stays_is_final() -> None:
    assert {"namespace.quota", "namespace.limit-range", "pod.security-violation"} == STAYS
