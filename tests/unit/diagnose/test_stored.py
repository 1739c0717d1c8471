"""A key that was changed is told by what says so, and not by any failure of the API server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.airflow_api import Inspection
from airstrip.diagnose import DeploymentFact, diagnose
from airstrip.diagnose.airflow import api_probe, landed_probe
from airstrip.errors import AirflowError, KubernetesError
from airstrip.kube import Cluster
from tests.unit.airflow_api.test_client import Airflow, ok
from tests.unit.diagnose.airflow_cases import seen

INVALID = "cryptography.fernet.InvalidToken"
LOST = {"key": "token", "value": None, "is_encrypted": True}
KEPT = {"key": "token", "value": "x", "is_encrypted": True}


def look(variable: dict[str, Any], status: int) -> Inspection:
    connections = ok({"connections": [], "total_entries": 0}) if status == 200 else httpx.Response(status)
    variables = ok({"variables": [variable], "total_entries": 1})
    return Inspection(Airflow(variables=variables, connections=connections).client())


@pytest.mark.parametrize(
    ("variable", "status", "logged", "unreadable"),
    [
        (KEPT, 200, (), ()),
        (LOST, 200, (), ("variable token",)),
        (KEPT, 500, (INVALID,), ("connections",)),
        (LOST, 500, (), ("variable token", "connections")),
    ],
)
def test_what_cannot_be_decrypted(
    variable: dict[str, Any], status: int, logged: tuple[str, ...], unreadable: tuple[str, ...]
) -> None:
    found = api_probe.stored(look(variable, status), lambda: logged)
    assert found.unreadable == unreadable
    codes = [finding.code for finding in diagnose(seen(unreadable=found.unreadable, undecrypted=found.undecrypted))]
    assert codes == (["secret.fernet-key-changed"] if unreadable else [])


def refuse() -> tuple[str, ...]:
    raise KubernetesError("kubernetes.forbidden", "pods/log may not be read")


def test_a_variable_that_is_lost_is_told_without_the_log() -> None:
    assert api_probe.stored(look(LOST, 500), refuse).unreadable == ("variable token", "connections")
    with pytest.raises(KubernetesError, match="pods/log"):
        api_probe.stored(look(KEPT, 500), refuse)


def test_a_variable_that_is_lost_is_told_whatever_becomes_of_the_connections() -> None:
    assert api_probe.stored(look(LOST, 403), refuse).unreadable == ("variable token",)
    with pytest.raises(AirflowError):
        api_probe.stored(look(KEPT, 403), refuse)


def test_a_failure_for_another_reason_is_told_as_that() -> None:
    with pytest.raises(AirflowError, match="failed to list its connections"):
        api_probe.stored(look(KEPT, 500), tuple)


@pytest.mark.parametrize(
    ("answers", "found"), [([INVALID], (INVALID,)), (["", INVALID], (INVALID,)), (["all is well"] * 3, ())]
)
def test_the_log_is_read_again_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], found: tuple[str, ...]
) -> None:
    """Who fails answers before it says so."""
    monkeypatch.setattr("airstrip.diagnose.airflow.landed_probe.time.sleep", lambda seconds: None)
    left = iter(answers)

    def request(*_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, text=f"{next(left)}\n")

    pod = {"metadata": {"name": "api-server-1"}}
    cluster = SimpleNamespace(list=lambda *_, **__: [pod], transport=SimpleNamespace(request=request))
    assert landed_probe.undecrypted(cast(Cluster, cluster), DeploymentFact("x", "c", "w")) == found
    assert not list(left)
