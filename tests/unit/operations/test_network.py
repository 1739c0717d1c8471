"""What `verify` concludes from what a task's pod and one in another namespace reach, and from where nobody looked."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from airstrip.errors import AirstripError, KubernetesError, WaitTimeout
from airstrip.operations.properties import network
from airstrip.operations.properties.pods import script
from tests.unit.operations.seen import Seen

REACHED = {"dns": True, "execution-api": True}
OUTSIDE = {"dns": True, "kubernetes": True}
CLOSED, OPEN = {"database": False, "scheduler": False}, {"database": True, "scheduler": True}
CLOSED_OUTSIDE, OPEN_OUTSIDE = {"execution-api": False} | CLOSED, {"execution-api": True} | OPEN
EVERYTHING: list[dict[str, Any]] = [{}]
NO_POD = 'pods is forbidden: User "ada" cannot create resource "pods" in API group "" in the namespace "default"'


def policy(
    name: str, ingress: list[dict[str, Any]] | None, component: str = "", types: tuple[str, ...] = ("Ingress",)
) -> dict[str, Any]:
    """One that somebody else has put into the control plane's namespace."""
    pods = {"matchLabels": {"app.kubernetes.io/component": component}} if component else {}
    spec = {"podSelector": pods, "policyTypes": list(types)} | ({} if ingress is None else {"ingress": ingress})
    return {"metadata": {"name": name}, "spec": spec}


def of_namespace(name: str) -> list[dict[str, Any]]:
    return [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]}]


DEAD = {"dns": False, "kubernetes": False}


def look(seen: dict[str, bool], outside: dict[str, bool] | AirstripError, refused: AirstripError | None = None) -> Any:
    """A stand-in of a scene; `refused` is why the pod outside could not be made."""

    def said() -> dict[str, bool]:
        if isinstance(outside, AirstripError):
            raise outside
        return outside

    scene: Any = Seen(returned_by={"network": seen})
    scene.outside_look = SimpleNamespace(said=said)
    scene.refused = lambda name: refused if name == "outside" else None
    return scene.scene()


@pytest.fixture(autouse=True)
def policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were landed, and no others."""
    monkeypatch.setattr(network, "_lacking", lambda _: [])
    monkeypatch.setattr(network, "_foreign", lambda _: [])


@pytest.mark.parametrize(
    ("seen", "outside", "lacking", "foreign", "state", "says"),
    [
        (CLOSED, OUTSIDE | CLOSED_OUTSIDE, [], [], "proved", "not the database and the scheduler"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [], "not-applicable", "enforces no NetworkPolicy"),
        (OPEN, WaitTimeout("verify.no-look", "it said nothing"), [], [], "not-applicable", "enforces no NetworkPolicy"),
        (OPEN, DEAD | CLOSED_OUTSIDE, [], [], "not-applicable", "enforces no NetworkPolicy"),
        (CLOSED, DEAD | OPEN_OUTSIDE, [], [], "failed", "pod of default reaches the execution API"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [policy("open", EVERYTHING)], "failed", "task's pod reaches the database"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [policy("deny", None)], "not-applicable", "enforces no NetworkPolicy"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [policy("one", EVERYTHING, "postgresql")], "not-applicable", "enforces no"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [policy("out", EVERYTHING, "", ("Egress",))], "not-applicable", "enforces"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, [], [policy("metrics", of_namespace("metrics"))], "not-applicable", "enforces"),
        (
            OPEN,
            OUTSIDE | OPEN_OUTSIDE,
            [],
            [policy("near", [{"from": [{"podSelector": {}}]}])],
            "not-applicable",
            "enf",
        ),
        (OPEN, OUTSIDE | CLOSED_OUTSIDE, [], [], "failed", "task's pod reaches the database"),
        (CLOSED | {"database": True}, OUTSIDE | CLOSED_OUTSIDE, [], [], "failed", "task's pod reaches the database"),
        (CLOSED, OUTSIDE | OPEN_OUTSIDE, [], [], "failed", "pod of default reaches the execution API"),
        (CLOSED, OUTSIDE | CLOSED_OUTSIDE | {"execution-api": True}, [], [], "failed", "reaches the execution API"),
        (CLOSED, OUTSIDE | CLOSED_OUTSIDE | {"database": True}, [], [], "failed", "default reaches the database"),
        (CLOSED | {"execution-api": False}, OUTSIDE | CLOSED_OUTSIDE, [], [], "failed", "not reach the execution API"),
        (OPEN, OUTSIDE | OPEN_OUTSIDE, ["default in c"], [], "failed", "default in c"),
    ],
)
def test_network_tells_a_policy_that_fails_from_a_cluster_that_enforces_none(
    monkeypatch: pytest.MonkeyPatch,
    seen: dict[str, bool],
    outside: Any,
    lacking: list[str],
    foreign: list[dict[str, Any]],
    state: str,
    says: str,
) -> None:
    monkeypatch.setattr(network, "_lacking", lambda _: lacking)
    monkeypatch.setattr(network, "_foreign", lambda _: foreign)
    outcome = network.network(look(REACHED | seen, outside))
    assert (outcome.state, says in outcome.text) == (state, True), outcome.text


@pytest.mark.parametrize(
    ("outside", "refused", "says"),
    [
        (DEAD | CLOSED_OUTSIDE, None, "does not reach DNS and the Kubernetes API"),
        (OUTSIDE | {"dns": False} | CLOSED_OUTSIDE, None, "does not reach DNS"),
        (OUTSIDE | {"kubernetes": False} | CLOSED_OUTSIDE, None, "does not reach the Kubernetes API"),
        (WaitTimeout("verify.no-look", "the pod said nothing"), None, "the pod said nothing"),
        (KubernetesError("kubernetes.not-found", "its node is gone"), None, "its node is gone"),
        (CLOSED, KubernetesError("kubernetes.forbidden", "exceeded quota: full", status=403), "exceeded quota"),
    ],
)
def test_where_nobody_could_look_from_outside_nothing_is_proved(outside: Any, refused: Any, says: str) -> None:
    """A pod whose network is dead reaches nothing either."""
    outcome = network.network(look(REACHED | CLOSED, outside, refused))
    assert (outcome.state, says in outcome.text) == ("failed", True), outcome.text
    assert outcome.text.startswith("from the namespace default it could not be looked at: ")


def test_whoever_may_make_no_pod_elsewhere_proves_with_a_limit() -> None:
    refused = KubernetesError("kubernetes.forbidden", NO_POD, status=403)
    outcome = network.network(look(REACHED | CLOSED, CLOSED, refused))
    assert outcome.state == "proved"
    assert "default" not in outcome.text
    assert outcome.limits[-1] == f"not tried from another namespace: {NO_POD}"


def test_a_proof_from_inside_and_outside_has_no_limit() -> None:
    outcome = network.network(look(REACHED | CLOSED, OUTSIDE | CLOSED_OUTSIDE))
    assert (outcome.state, outcome.limits) == ("proved", ())
    assert "a pod of default reaches none of them but DNS" in outcome.text


@pytest.mark.parametrize(
    ("foreign", "cause"),
    [
        ([], "enforces only some"),
        ([policy("deny", None), policy("hole", EVERYTHING, "postgresql")], "Another policy opens the way: hole."),
        ([policy("hole", of_namespace("w"))], "Another policy opens the way: hole."),
        ([policy("hole", [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])], "Another policy opens the way: hole."),
        ([policy("other", of_namespace("metrics"))], "enforces only some"),
        ([policy("other", EVERYTHING, "api-server")], "enforces only some"),
    ],
)
def test_only_a_policy_that_may_open_the_way_is_its_cause(
    monkeypatch: pytest.MonkeyPatch, foreign: list[dict[str, Any]], cause: str
) -> None:
    monkeypatch.setattr(network, "_foreign", lambda _: foreign)
    outcome = network.network(look(REACHED | CLOSED | {"database": True}, OUTSIDE | CLOSED_OUTSIDE))
    assert (outcome.state, outcome.text) == ("failed", "a task's pod reaches the database")
    assert outcome.finding is not None
    assert cause in outcome.finding.cause
    assert "deny" not in outcome.finding.cause


def test_policies_of_others_that_a_cluster_does_not_enforce_are_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_foreign", lambda _: [policy("deny", None)])
    outcome = network.network(look(REACHED | OPEN, OUTSIDE | OPEN_OUTSIDE))
    assert (outcome.state, outcome.limits) == ("not-applicable", ("policies of others are in c: deny",))


@pytest.mark.parametrize(
    ("outside", "refused", "state", "says"),
    [
        (OUTSIDE | CLOSED_OUTSIDE, None, "proved", "reaches DNS, not the execution API and the database and the sch"),
        (OUTSIDE | OPEN_OUTSIDE, None, "not-applicable", "enforces no NetworkPolicy: a pod of default reaches the ex"),
        (OUTSIDE | CLOSED_OUTSIDE | {"database": True}, None, "failed", "a pod of default reaches the database"),
        (DEAD | CLOSED_OUTSIDE, None, "failed", "could not be looked at"),
        (DEAD, KubernetesError("kubernetes.forbidden", NO_POD, status=403), "not-applicable", "not tried"),
    ],
)
def test_where_tasks_have_no_pods_the_half_from_outside_is_done(
    outside: dict[str, bool], refused: Any, state: str, says: str
) -> None:
    scene: Any = look({}, outside, refused)
    scene.tasks_have_pods = False
    outcome = network.network(scene)
    assert (outcome.state, says in outcome.text) == (state, True), outcome.text
    assert any("scheduler's pod" in limit for limit in outcome.limits) is (state == "proved")


def test_network_without_an_answer_from_inside_has_failed_and_nothing_is_said_of_policies() -> None:
    outcome = network.network(Seen({"network": "failed"}, logged={"network": ["no room"]}).scene())
    assert (outcome.state, outcome.text) == ("failed", "the task network is failed")
    assert outcome.finding is not None
    assert outcome.finding.evidence == "no room"


def test_a_door_at_which_nobody_knocked_is_not_proved_to_be_closed() -> None:
    scene: Any = look(REACHED | {"database": False}, OUTSIDE | {"execution-api": False, "database": False})
    scene.given.addresses = {"database": ("d", 1)}
    scene.given.addresses_outside = {"execution-api": ("a", 3), "database": ("d", 1)}
    outcome = network.network(scene)
    assert (outcome.state, "no scheduler was ready" in outcome.text) == ("failed", True)


def test_what_the_pod_outside_runs_tells_what_is_open_from_what_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = {
            "execution-api": ("localhost", server.getsockname()[1]),
            "database": ("127.0.0.1", closed.getsockname()[1]),
        }
        command = [sys.executable, "-c", script("verify_outside"), json.dumps(addresses)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == {"dns": True, "execution-api": True, "database": False}
        addresses["database"] = ("nowhere.invalid", 1)
        done = subprocess.run([*command[:-1], json.dumps(addresses)], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == {"dns": False, "execution-api": True, "database": False}
