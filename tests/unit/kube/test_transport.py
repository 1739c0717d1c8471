from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from airstrip.errors import KubernetesError
from airstrip.kube import Cluster
from airstrip.kube.kubeconfig import Access
from airstrip.kube.logs import pod_log
from airstrip.kube.transport import Transport, split_lines

ACCESS = Access(
    context="prod",
    server="http://127.0.0.1:1",
    ca=None,
    insecure=False,
    tls_server_name=None,
    proxy_url=None,
    client_certificate=None,
    client_key=None,
    token=None,
    token_file=None,
    basic=None,
    plugin=None,
)
MakeCluster = Callable[..., Cluster]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collects the waits between attempts instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr("airstrip.kube.transport.time.sleep", waited.append)
    return waited


def cluster_of(*answers: httpx.Response | Exception) -> tuple[Cluster, list[httpx.Request]]:
    """A cluster that gives these answers, and what it was asked."""
    left = list(answers)
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return Cluster(Transport(ACCESS, http=httpx.MockTransport(answer))), asked


def status(code: int, message: str = "", **more: Any) -> httpx.Response:
    return httpx.Response(code, json={"kind": "Status", "message": message, **more})


def refused(cluster: Cluster, item: dict[str, Any] | None = None) -> KubernetesError:
    with pytest.raises(KubernetesError) as raised:
        cluster.create(item or CONFIG_MAP)
    return raised.value


CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (status(401, "Unauthorized"), "kubernetes.unauthorized"),
        (status(403, 'pods is forbidden: User "x" cannot create'), "kubernetes.forbidden"),
        (status(403, 'pods "a" is forbidden: exceeded quota: q, requested: pods=1'), "namespace.quota"),
        (status(403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest"'), "pod.security-violation"),
        (status(403, "forbidden: unable to create: n is being terminated"), "namespace.terminating"),
        (status(404, 'namespaces "n" not found'), "kubernetes.not-found"),
        (status(409, "exists", reason="AlreadyExists"), "kubernetes.already-exists"),
        (status(409, "the object has been modified", reason="Conflict"), "kubernetes.conflict"),
        (status(422, "spec.selector: field is immutable"), "kubernetes.immutable"),
        (status(422, "Forbidden: updates to statefulset spec for fields other than"), "kubernetes.immutable"),
        (status(422, "is invalid", reason="Invalid"), "kubernetes.invalid"),
        (status(500, "failed to create typed patch object"), "kubernetes.invalid"),
        (status(500, "etcdserver: request timed out"), "kubernetes.server-error"),
        (status(400, "what?"), "kubernetes.bad-request"),
        (httpx.Response(404, text="<html>"), "kubernetes.not-found"),
    ],
)
def test_every_refusal_has_its_code_a_cause_and_a_fix(answer: httpx.Response, code: str) -> None:
    error = refused(cluster_of(answer)[0])
    assert (error.code, error.status) == (code, answer.status_code)
    assert error.message.startswith("could not create ConfigMap a in n: ")
    assert error.cause
    assert error.fix


def test_what_the_server_says_of_a_secret_is_left_out() -> None:
    causes = [{"field": "data[x]", "message": "Invalid value: hunter2", "reason": "FieldValueInvalid"}]
    answer = status(422, "Secret is invalid: hunter2", reason="Invalid", details={"causes": causes})
    error = refused(cluster_of(answer)[0], {**CONFIG_MAP, "kind": "Secret"})
    assert "hunter2" not in json.dumps(error.to_dict())
    assert error.details == "data[x]: FieldValueInvalid"


def test_a_busy_server_is_asked_again_after_what_it_says(pauses: list[float]) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    cluster, asked = cluster_of(busy, httpx.Response(201, json=CONFIG_MAP))
    assert cluster.create(CONFIG_MAP) == CONFIG_MAP
    assert pauses == [3]
    assert len(asked) == 2


def test_a_read_is_tried_again_and_then_gives_up(pauses: list[float]) -> None:
    cluster, asked = cluster_of(*[httpx.Response(503)] * 4)
    with pytest.raises(KubernetesError) as raised:
        cluster.get("v1", "ConfigMap", "a", "n")
    assert raised.value.code == "kubernetes.server-error"
    assert len(asked) == 4
    assert pauses == sorted(pauses)


def test_a_create_that_may_have_worked_is_not_repeated(pauses: list[float]) -> None:
    assert refused(cluster_of(httpx.ReadTimeout("slow"))[0]).code == "kubernetes.timeout"
    assert pauses == []


def test_a_create_that_was_not_sent_is_repeated(pauses: list[float]) -> None:
    cluster, _ = cluster_of(httpx.ConnectError("refused"), httpx.Response(201, json=CONFIG_MAP))
    assert cluster.create(CONFIG_MAP) == CONFIG_MAP


def test_a_server_that_is_not_there(pauses: list[float]) -> None:
    error = refused(cluster_of(*[httpx.ConnectError("[Errno 111] Connection refused")] * 4)[0])
    assert error.code == "kubernetes.unreachable"
    assert error.status is None


def test_a_list_that_went_out_of_date_is_read_in_one_piece(tmp_path: Path) -> None:
    first = httpx.Response(200, json={"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "next"}})
    whole = httpx.Response(200, json={"items": [{"metadata": {"name": name}} for name in "abc"], "metadata": {}})
    cluster, asked = cluster_of(first, status(410, "expired"), whole)
    assert [item["metadata"]["name"] for item in cluster.list("v1", "Pod", "n")] == ["a", "b", "c"]
    assert "limit" not in asked[-1].url.params


def test_a_namespaced_object_without_a_namespace_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="names no namespace"):
        cluster_of()[0].apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})


def test_a_log_s_lines_end_at_a_line_feed_only() -> None:
    """A followed log begins each with a time, by which it is taken up again."""
    text = "t1 one\u2028still\x85one\nt2 10 %\r20 %\n\nt3 last"
    chunks = [text[index : index + 3] for index in range(0, len(text), 3)]
    assert list(split_lines(chunks)) == ["t1 one\u2028still\x85one", "t2 10 %\r20 %", "", "t3 last"]
    cluster, _ = cluster_of(httpx.Response(200, text=text))
    assert pod_log(cluster, "p", "n", container="c") == list(split_lines([text]))
    cluster, _ = cluster_of(httpx.Response(200, text=text))
    with cluster.transport.stream("/log", "follow", {}) as lines:
        assert list(lines) == list(split_lines([text]))
