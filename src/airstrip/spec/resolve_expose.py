"""From what was written of the way in to what the compiler reads of it."""

from __future__ import annotations

from airstrip.spec.expose import ExposeFile, IngressFile
from airstrip.spec.resolved import Expose, Ingress, LoadBalancer

ISSUED_SECRET = "airflow-tls"
"""What cert-manager puts its certificate into."""


def resolve_expose(written: ExposeFile | None) -> Expose:
    if written is None:
        return Expose()
    balancer = written.load_balancer
    return Expose(
        port=written.port,
        ingress=written.ingress and _ingress(written.ingress),
        load_balancer=balancer
        and LoadBalancer(
            allow=balancer.allow,
            annotations=balancer.annotations,
            port=balancer.port,
            host=balancer.host,
            callers=balancer.callers,
        ),
    )


def _ingress(written: IngressFile) -> Ingress:
    issuer = written.tls.issuer
    return Ingress(
        host=written.host,
        path=written.path,
        ingress_class=written.ingress_class,
        annotations=written.annotations,
        allow=written.allow,
        controller=written.controller,
        callers=written.callers,
        tls_secret=ISSUED_SECRET if issuer else written.tls.secret,
        issuer=(issuer.kind, issuer.name) if issuer else None,
    )
