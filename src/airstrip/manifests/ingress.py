"""The ways in that `expose` names: an Ingress for a controller that is there, or a Service of type LoadBalancer."""

from __future__ import annotations

from airstrip.errors import AirstripError
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import metadata, select
from airstrip.manifests.names import API_PORT, API_SERVER
from airstrip.platform import IngressController
from airstrip.spec import Ingress, LoadBalancer
from airstrip.spec.ingress_annotations import ALLOWED, ISSUERS, MIDDLEWARES, TLS

_PUBLIC = f"{API_SERVER}-public"
_TRAEFIK, _NGINX, _UNKNOWN = "traefik.io/ingress-controller", "k8s.io/ingress-nginx", ""


def build_ways_in(inputs: Inputs) -> tuple[Object, ...]:
    """Raises AirstripError where the place has no controller, or one that cannot do what is asked."""
    expose = inputs.spec.expose
    if expose.ingress is not None:
        return _ingress(inputs, expose.ingress, _controller(inputs))
    if expose.load_balancer is not None:
        return (_load_balancer(inputs, expose.load_balancer),)
    return ()


def _controller(inputs: Inputs) -> IngressController:
    if inputs.platform.ingress is None:
        raise AirstripError(
            "ingress.no-controller",
            f"{inputs.platform.place} has no ingress controller that expose.ingress could use",
            cause="It has no such IngressClass, or none that is the default one.",
            fix="Install a controller, or write its class: expose: {ingress: {class: NAME}}.",
        )
    return inputs.platform.ingress


def _ingress(inputs: Inputs, wanted: Ingress, controller: IngressController) -> tuple[Object, ...]:
    allowed, annotations = _allowed(inputs, wanted, controller)
    if wanted.issuer is not None:
        kind, name = wanted.issuer
        annotations[ISSUERS[kind]] = name
    backend = {"service": {"name": API_SERVER, "port": {"name": "http"}}}
    path = {"path": wanted.path or "/", "pathType": "Prefix", "backend": backend}
    spec: Object = {
        "ingressClassName": controller.name,
        "rules": [{"host": wanted.host, "http": {"paths": [path]}}],
    }
    if wanted.tls_secret:
        spec["tls"] = [{"hosts": [wanted.host], "secretName": wanted.tls_secret}]
        if controller.kind in (_TRAEFIK, _UNKNOWN):
            # By `tls` Traefik takes the certificate alone, and would serve this on its ports without TLS, too.
            annotations[TLS] = "true"
    item = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            **metadata(inputs, API_SERVER, API_SERVER),
            **({"annotations": _joined(annotations, wanted)} if annotations or wanted.annotations else {}),
        },
        "spec": spec,
    }
    return (*allowed, item)


def _joined(ours: dict[str, str], wanted: Ingress) -> dict[str, str]:
    """The file has none of ours but middlewares, of which Traefik takes several: ours is the first."""
    lists = [each[MIDDLEWARES] for each in (ours, wanted.annotations) if MIDDLEWARES in each]
    return {**ours, **wanted.annotations, **({MIDDLEWARES: ",".join(lists)} if lists else {})}


def _allowed(
    inputs: Inputs, wanted: Ingress, controller: IngressController
) -> tuple[tuple[Object, ...], dict[str, str]]:
    """What keeps others out, and the annotations for it: each controller has a way of its own."""
    if not wanted.allow or not controller.kind:
        # Before the cluster is asked, nobody knows how it would be told.
        return (), {}
    if controller.kind == _NGINX:
        return (), {ALLOWED: ",".join(wanted.allow)}
    if controller.kind == _TRAEFIK:
        middleware = {
            "apiVersion": "traefik.io/v1alpha1",
            "kind": "Middleware",
            "metadata": metadata(inputs, API_SERVER, API_SERVER),
            "spec": {"ipAllowList": {"sourceRange": list(wanted.allow)}},
        }
        name = f"{inputs.control}-{API_SERVER}@kubernetescrd"
        return (middleware,), {MIDDLEWARES: name}
    raise AirstripError(
        "ingress.no-allow",
        f"the controller {controller.kind} is told of allowed addresses in a way that Airstrip does not know",
        cause="expose.ingress.allow works with Traefik and ingress-nginx.",
        fix="Write its own annotation under expose.ingress.annotations, and remove allow.",
    )


def _load_balancer(inputs: Inputs, wanted: LoadBalancer) -> Object:
    """Callers keep their addresses: policies and logs see them."""
    about = metadata(inputs, _PUBLIC, API_SERVER)
    if wanted.annotations:
        about["annotations"] = dict(wanted.annotations)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": about,
        "spec": {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "loadBalancerSourceRanges": list(wanted.allow),
            "ports": [{"name": "http", "port": wanted.port, "protocol": "TCP", "targetPort": API_PORT}],
            "selector": select(inputs, API_SERVER),
        },
    }
