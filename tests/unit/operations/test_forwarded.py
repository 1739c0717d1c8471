"""Airflow through a port that is forwarded: to the deployment's own pods."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from airstrip.errors import AirflowError
from airstrip.events import discard
from airstrip.kube import Cluster
from airstrip.operations import Session, forwarded_ui
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.target import Target
from tests.unit.kube.test_port_forward import Behave, Pod, answer, api_server, pod_named

ACCOUNT = {"username": "airstrip", "password": "hunter2"}
OURS = {
    "app.kubernetes.io/component=api-server",
    "app.kubernetes.io/instance=airflow",
    "app.kubernetes.io/managed-by=airstrip",
}


def session_of(cluster: Cluster, url: str = "http://localhost:0") -> Session:
    spec = load_spec(None, TARGET_SPECS, PLANNED_TARGETS)
    session = Session(spec, cast("Target", None))
    platform = replace(make_target(spec).preview(), base_url=url, is_forwarded=True)
    session.__dict__.update(cluster=cluster, platform=platform)
    return session


def labels_of(asked: list[str]) -> list[set[str]]:
    """Of the pods that were looked for."""
    found = [parse_qs(urlsplit(path).query).get("labelSelector") for path in asked]
    return [set(each[0].split(",")) for each in found if each]


def test_a_password_goes_to_no_other_deployments_pod() -> None:
    with api_server(answer, [pod_named("api")]) as (cluster, asked):
        session = session_of(cluster)
        with session.airflow_as(ACCOUNT) as client, suppress(AirflowError):
            client.log_in()
        session.close()
    assert labels_of(asked) == [OURS]


def test_nor_does_a_browser_get_to_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        api_server(answer, [pod_named("api")]) as (cluster, asked),
        forwarded_ui(session_of(cluster, free), discard) as url,
    ):
        assert (url, httpx.get(url, trust_env=False).text) == (free, "hello")
    assert labels_of(asked) == [OURS]


def refused_for(pods: list[dict[str, Any]], behave: Behave) -> AirflowError:
    with api_server(behave, pods) as (cluster, _):
        session = session_of(cluster)
        with session.airflow_as(ACCOUNT) as client, pytest.raises(AirflowError) as raised:
            client.log_in()
        session.close()
    return raised.value


def test_why_a_connection_was_closed_is_told_to_whoever_made_it() -> None:
    error = refused_for([pod_named("api", ready=False)], answer)
    assert error.code == "airflow.unreachable"
    assert "no pod in airflow" in error.message
    assert (error.cause, error.fix) == ("It starts, it failed, or it was never made.", "Run: ./airstrip status")


def test_a_proxy_that_lets_no_websockets_pass_is_among_the_causes() -> None:
    def refuse(pod: Pod) -> None:
        pod.say(b"\x01closed by the proxy")
        list(pod.heard())

    error = refused_for([pod_named("api")], refuse)
    assert "closed by the proxy" in error.message
    assert "WebSockets" in error.cause
