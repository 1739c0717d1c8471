"""Who reaches the API server from outside: its NetworkPolicy, and what the Ingress says to its controller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airstrip.manifests import ManifestSet
from airstrip.platform import IngressController, Platform
from airstrip.spec import Expose, Ingress, LoadBalancer, Spec
from tests.unit.manifests.reading import all_objects, find

Object = dict[str, Any]
Build = Callable[..., list[Object]]
TRAEFIK = "traefik.io/ingress-controller"
HOST = "airflow.example.com"


@pytest.fixture
def build(compile: Callable[..., ManifestSet], spec: Spec, platform: Platform) -> Build:
    """The objects of a place that forwards a port, with ways in and with other facts of the place."""

    def build(expose: Expose, **facts: Any) -> list[Object]:
        there = replace(platform, is_forwarded=True, **facts)
        return all_objects(compile(spec=spec.model_copy(update={"expose": expose}), platform=there))

    return build


def outsiders(objects: list[Object]) -> list[Object]:
    """Those that the policy lets in beside the deployment's namespaces and the nodes."""
    (rule,) = find(objects, "NetworkPolicy", "api-server")["spec"]["ingress"]
    ours = {"mine", "mine-workers"}
    peers = [each for each in rule["from"] if namespace_of(each) not in ours]
    return [each for each in peers if each.get("ipBlock") != {"cidr": "192.168.0.0/30"}]


def namespace_of(peer: Object) -> str | None:
    found: str | None = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
    return found


def block(cidr: str, *but: str) -> Object:
    return {"ipBlock": {"cidr": cidr, **({"except": list(but)} if but else {})}}


@pytest.mark.parametrize(
    ("cidrs", "pods", "blocks"),
    [
        (["192.0.2.0/24"], ["10.97.0.0/16"], [block("192.0.2.0/24")]),
        (["0.0.0.0/0"], ["10.97.0.0/16"], [block("0.0.0.0/0", "10.97.0.0/16")]),
        (["0.0.0.0/0"], [], [block("0.0.0.0/0")]),
        (
            ["0.0.0.0/0", "::/0"],
            ["10.97.0.0/16", "fd00::/48"],
            [block("0.0.0.0/0", "10.97.0.0/16"), block("::/0", "fd00::/48")],
        ),
    ],
)
def test_a_load_balancer_and_whom_it_lets_in_reach_it_but_not_all_pods(
    build: Build, cidrs: list[str], pods: list[str], blocks: list[Object]
) -> None:
    both = LoadBalancer(allow=tuple(cidrs), callers=("198.51.100.0/24",))
    assert outsiders(build(Expose(load_balancer=both), pod_cidrs=tuple(pods))) == [*blocks, block("198.51.100.0/24")]


@pytest.mark.parametrize("namespace", ["edge", None])
def test_a_controller_calls_from_its_namespace_or_from_where_the_file_says(build: Build, namespace: str | None) -> None:
    expose = Expose(ingress=Ingress(host=HOST, callers=("130.211.0.0/22",)))
    found = outsiders(build(expose, ingress=IngressController("web", TRAEFIK, namespace)))
    assert [namespace_of(each) or each for each in found] == [*filter(None, [namespace]), block("130.211.0.0/22")]


def test_where_nothing_is_known_of_a_controller_nobody_is_let_in(build: Build) -> None:
    expose = Expose(ingress=Ingress(host=HOST))
    assert outsiders(build(expose, ingress=IngressController("web", ""))) == []


def test_traefik_takes_the_users_middlewares_after_the_list_of_allowed_addresses(build: Build) -> None:
    middlewares = "traefik.ingress.kubernetes.io/router.middlewares"
    wanted = Ingress(host=HOST, allow=("192.0.2.0/24",), annotations={middlewares: "edge-headers@kubernetescrd"})
    objects = build(Expose(ingress=wanted), ingress=IngressController("web", TRAEFIK, "edge"))
    annotations = find(objects, "Ingress", "api-server")["metadata"]["annotations"]
    assert annotations == {middlewares: "mine-api-server@kubernetescrd,edge-headers@kubernetescrd"}
    # Without a list they are the user's alone.
    alone = build(
        Expose(ingress=wanted.model_copy(update={"allow": ()})), ingress=IngressController("web", TRAEFIK, "edge")
    )
    assert find(alone, "Ingress", "api-server")["metadata"]["annotations"] == wanted.annotations
