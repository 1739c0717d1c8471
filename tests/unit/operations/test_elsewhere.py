"""What tasks' accounts may do in namespaces that are not theirs, and where nobody looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import KubernetesError
from airstrip.operations.properties import access
from airstrip.operations.properties.elsewhere import Elsewhere, Right, rights_elsewhere
from airstrip.operations.properties.isolation import isolation
from tests.unit.operations.seen import ACCOUNT, BY_RBAC, CREATES, PLAIN, Seen, chain

OF_PODS = {("w", namespace, f"create {what}") for namespace in ("w", "proj") for what in ("pods", "pods/exec")}
ITS_OWN = OF_PODS | {("proj", "proj", "create pods"), ("proj", "proj", "create pods/exec")}
"""(Where the account is, where it acts, what it may): as a landing grants it."""


def look(
    granted: set[tuple[str, str, str]],
    namespaces: list[str] | None = None,
    *,
    asked: list[Any] | None = None,
    projects: Sequence[str] = ("proj",),
) -> Elsewhere:
    """In a cluster with these namespaces, of which None may not be listed, nor `asked` None be asked of."""

    def create(review: Mapping[str, Any]) -> dict[str, Any]:
        wanted, user = review["spec"]["resourceAttributes"], review["spec"]["user"]
        _, _, home, account = user.split(":")
        assert account == "mine-pods"
        assert f"system:serviceaccounts:{home}" in review["spec"]["groups"]
        if asked is None:
            raise KubernetesError("kubernetes.forbidden", "ada may not ask", status=403)
        asked.append(wanted["namespace"])
        resource = "/".join(filter(None, (wanted["resource"], wanted["subresource"])))
        right = (home, wanted["namespace"], f"{wanted['verb']} {resource}")
        everywhere = (home, "", right[2])
        return {"status": {"allowed": right in granted or everywhere in granted}}

    def listed(*_: str) -> list[dict[str, Any]]:
        if namespaces is None:
            raise KubernetesError("kubernetes.forbidden", "ada may not list", status=403)
        return [{"metadata": {"name": name}} for name in namespaces]

    spec = SimpleNamespace(
        namespaces=SimpleNamespace(control="c", workers="w"),
        task_namespaces=("w", *projects),
        all_namespaces=("c", "w", *projects),
    )
    return rights_elsewhere(cast(Any, SimpleNamespace(list=listed, create=create)), cast(Any, spec), "mine-pods")


def test_what_a_landing_grants_is_not_too_much() -> None:
    assert look(ITS_OWN, ["c", "w", "proj", "default", "prod"], asked=[]) == Elsewhere(())


@pytest.mark.parametrize(
    "right",
    [
        ("w", "prod", "get secrets"),
        ("w", "prod", "list secrets"),
        ("w", "prod", "create pods"),
        ("proj", "prod", "create pods/exec"),
        ("proj", "w", "create pods"),
        ("w", "c", "create pods"),
        ("w", "proj", "get secrets"),
        ("w", "", "create pods"),
    ],
)
def test_whatever_somebody_else_grants_is(right: tuple[str, str, str]) -> None:
    home, namespace, what = right
    found = look(ITS_OWN | {right}, ["c", "w", "proj", "default", "prod"], asked=[])
    assert found == Elsewhere((Right(f"{home}/mine-pods", what, namespace),))
    assert bool(found.over_pods) is ("pods" in what)


def test_namespaces_that_may_not_be_listed_are_a_limit_that_names_those_looked_at() -> None:
    asked: list[str] = []
    found = look(ITS_OWN | {("w", "default", "get secrets")}, asked=asked)
    assert [right.namespace for right in found.rights] == ["default"]
    assert found.unseen == ("namespaces could not be listed; looked at were c, w, proj, default: ada may not list",)
    assert set(asked) == {"", "c", "w", "proj", "default"}


def test_who_may_not_ask_the_authorizer_is_told_what_was_tried() -> None:
    (limit,) = look(ITS_OWN, ["prod"]).unseen
    assert limit == "tasks' rights in other namespaces could not be asked for; tried was c, default, w"


def test_a_cluster_of_very_many_namespaces_is_not_asked_for_ever() -> None:
    asked: list[str] = []
    found = look(ITS_OWN, [f"n{number:03}" for number in range(300)], asked=asked)
    assert len(asked) == 400
    (limit,) = found.unseen
    assert limit.startswith("255 namespaces were not looked at, the last of 300: n045, ")


def test_of_many_projects_foreign_namespaces_are_left_out_and_never_the_deployment_s_own() -> None:
    asked: list[str] = []
    found = look(ITS_OWN, ["a-foreign-one"], asked=asked, projects=[f"p{number:02}" for number in range(20)])
    assert {"default", "c", "w", *(f"p{number:02}" for number in range(20))} <= set(asked)
    assert "a-foreign-one" not in asked
    assert found.unseen == ("1 namespaces were not looked at, the last of 1: a-foreign-one",)


def test_rights_elsewhere_fail_both_properties_and_what_was_not_seen_is_a_limit_of_both() -> None:
    returned = {"plain": PLAIN, "account": ACCOUNT | {"creates": CREATES}, "task": "mine-pods"}
    seen = Seen(chain("success", "success", "failed"), returned, {"task2": [BY_RBAC]})
    seen.elsewhere = Elsewhere((), ("not looked at: prod",))
    for judge in (access.least_access, isolation):
        outcome = judge(seen.scene())
        assert (outcome.state, outcome.limits[-1]) == ("proved", "not looked at: prod")

    seen.elsewhere = Elsewhere((Right("w/mine-pods", "create pods", "prod"),))
    for judge in (access.least_access, isolation):
        outcome = judge(seen.scene())
        assert (outcome.state, "w/mine-pods may create pods in prod" in outcome.text) == ("failed", True)
        assert outcome.finding is not None
        assert "rolebindings -A" in outcome.finding.fix

    seen.elsewhere = Elsewhere((Right("w/mine-pods", "get secrets", "prod"),))
    assert (access.least_access(seen.scene()).state, isolation(seen.scene()).state) == ("failed", "proved")
