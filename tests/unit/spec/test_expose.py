"""Annotations of an ingress: none takes away what the rest of `expose` says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airstrip.errors import Problem
from airstrip.spec import Spec

HEAD = "apiVersion: airstrip/v1\nname: airflow\nexpose:\n  ingress:\n    host: airflow.example.com\n"
NGINX = "nginx.ingress.kubernetes.io"
TLS = "traefik.ingress.kubernetes.io/router.tls"


@pytest.mark.parametrize(
    ("words", "key", "beside"),
    [
        ("tls: none\n    allow: [192.0.2.0/24]", f"{NGINX}/whitelist-source-range", "expose.ingress.allow"),
        ("tls: none\n    allow: [192.0.2.0/24]", f"{NGINX}/allowlist-source-range", "expose.ingress.allow"),
        ("tls: {secret: cert}\n    path: /x", TLS, "expose.ingress.tls"),
        ("tls: {issuer: {name: le}}\n    path: /x", TLS, "expose.ingress.tls"),
        ("tls: {issuer: {name: le}}\n    path: /x", "cert-manager.io/issuer", "expose.ingress.tls.issuer"),
        ("tls: {issuer: {name: le}}\n    path: /x", "cert-manager.io/cluster-issuer", "expose.ingress.tls.issuer"),
    ],
)
def test_an_annotation_that_airstrip_writes_is_refused_where_it_stands(
    problems: Callable[[str], list[Problem]], words: str, key: str, beside: str
) -> None:
    (problem,) = problems(f"{HEAD}    {words}\n    annotations:\n      {key}: x\n")
    assert (problem.line, problem.column, problem.code) == (9, 7, "spec.conflict")
    assert problem.message == f"{key} is what {beside} writes"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("tls: none", f"{NGINX}/whitelist-source-range"),
        ("tls: none", TLS),
        ("tls: {none: {}}", TLS),
        ("tls: {secret: cert}", "cert-manager.io/issuer"),
        ("tls: none\n    allow: [192.0.2.0/24]", "traefik.ingress.kubernetes.io/router.middlewares"),
    ],
)
def test_others_are_the_controllers(load: Callable[[str], Spec], words: str, key: str) -> None:
    found = load(f"{HEAD}    {words}\n    annotations: {{{key}: x}}\n").expose.ingress
    assert found is not None
    assert found.annotations == {key: "x"}
