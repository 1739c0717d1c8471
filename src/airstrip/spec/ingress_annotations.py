"""`expose.ingress.annotations`: which keys the rest of `expose.ingress` writes, so that neither is lost silently."""

from __future__ import annotations

from airstrip.errors import Problem
from airstrip.spec.document import Document, at
from airstrip.spec.source import KeyPath

MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
"""A list: the user's are joined to ours."""
ALLOWED = "nginx.ingress.kubernetes.io/whitelist-source-range"
TLS = "traefik.ingress.kubernetes.io/router.tls"
ISSUERS = {"Issuer": "cert-manager.io/issuer", "ClusterIssuer": "cert-manager.io/cluster-issuer"}

_INGRESS: KeyPath = ("expose", "ingress")
_OF_ALLOW = (ALLOWED, "nginx.ingress.kubernetes.io/allowlist-source-range")


def check_ingress_annotations(document: Document) -> list[Problem]:
    """Whatever the controller is: an annotation for another one says nothing."""
    annotations = at(document.data, (*_INGRESS, "annotations"))
    if not isinstance(annotations, dict):
        return []
    found: list[Problem] = []
    for key, beside in _taken(document).items():
        if key in annotations:
            path = (*_INGRESS, "annotations", key)
            message = f"{key} is what {beside} writes"
            found.append(
                document.source.problem("spec.conflict", path, message, "Keep one of the two.", document.key(path))
            )
    return found


def _taken(document: Document) -> dict[str, str]:
    """The key that writes it, by annotation."""
    tls = at(document.data, (*_INGRESS, "tls"))
    taken: dict[str, str] = {}
    if at(document.data, (*_INGRESS, "allow")):
        taken |= dict.fromkeys(_OF_ALLOW, "expose.ingress.allow")
    if isinstance(tls, dict) and "none" not in tls:
        taken[TLS] = "expose.ingress.tls"
    if isinstance(tls, dict) and "issuer" in tls:
        taken |= dict.fromkeys(ISSUERS.values(), "expose.ingress.tls.issuer")
    return taken
