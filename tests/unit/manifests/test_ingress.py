"""What each controller is told of in its own way: TLS alone, and who may come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from airstrip.manifests import ManifestSet
from airstrip.platform import IngressController, Platform
from airstrip.spec import Expose, Ingress, Spec
from tests.unit.manifests.reading import all_objects, find

TRAEFIK, NGINX, UNKNOWN = "traefik.io/ingress-controller", "k8s.io/ingress-nginx", ""
BY_TLS = {"traefik.ingress.kubernetes.io/router.tls": "true"}
BY_MIDDLEWARE = {"traefik.ingress.kubernetes.io/router.middlewares": "mine-api-server@kubernetescrd"}
BY_RANGE = {"nginx.ingress.kubernetes.io/whitelist-source-range": "192.0.2.0/24"}


@pytest.mark.parametrize(
    ("kind", "secret", "allow", "annotations"),
    [
        (TRAEFIK, "own", (), BY_TLS),
        # Whoever may not be asked may be Traefik, and others do not read it.
        (UNKNOWN, "own", (), BY_TLS),
        (NGINX, "own", (), {}),
        (TRAEFIK, None, (), {}),
        (TRAEFIK, "own", ("192.0.2.0/24",), BY_TLS | BY_MIDDLEWARE),
        (NGINX, "own", ("192.0.2.0/24",), BY_RANGE),
    ],
)
def test_each_controller_is_told_in_its_own_way(
    compile: Callable[..., ManifestSet],
    spec: Spec,
    platform: Platform,
    kind: str,
    secret: str | None,
    allow: tuple[str, ...],
    annotations: Mapping[str, str],
) -> None:
    ingress = Ingress(host="airflow.example.com", tls_secret=secret, allow=allow)
    there = replace(platform, ingress=IngressController("web", kind, "edge"))
    objects = all_objects(compile(spec=spec.model_copy(update={"expose": Expose(ingress=ingress)}), platform=there))
    made = find(objects, "Ingress", "api-server")
    assert made["metadata"].get("annotations", {}) == annotations
    assert made["spec"].get("tls") == ([{"hosts": [ingress.host], "secretName": secret}] if secret else None)
