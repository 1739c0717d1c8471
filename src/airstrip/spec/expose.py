"""`expose`: how users reach Airflow. Without it nothing is open to others."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from airstrip.spec.fields import NamespaceName, invalid
from airstrip.spec.kubernetes_fields import SecretName
from airstrip.spec.written import Alternatives, Written

_HOST = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
_RESERVED = ("/api", "/auth", "/execution", "/ui")
"""First parts of Airflow's own paths: a prefix of that name could not be told from them."""


def _host(text: str) -> str:
    if _HOST.fullmatch(text):
        return text
    raise invalid("spec.bad-value", f"{text!r} is no host's name", "Write such as airflow.example.com, in lower case.")


def _path(text: str) -> str:
    if not text.startswith("/") or not _PATH.fullmatch(text):
        raise invalid("spec.bad-path", f"{text!r} is no path of a URL", "Write such as /team/airflow.")
    plain = text.rstrip("/")
    if plain in _RESERVED:
        message = f"{text} is a path of Airflow's own"
        raise invalid("spec.conflict", message, f"Write another one, such as /airflow{plain}.")
    return plain


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise invalid("spec.bad-value", f"{text!r} is no range of addresses", "Write such as 192.0.2.0/24.") from None


Cidr = Annotated[str, AfterValidator(_cidr)]
Callers = Annotated[tuple[Cidr, ...], Field(strict=False)]


class IssuerFile(Written):
    """Who makes the certificate: an issuer of cert-manager's."""

    name: str = Field(description="The issuer's name.")
    kind: Literal["Issuer", "ClusterIssuer"] = Field(
        "ClusterIssuer", description="One of the cluster, or of a namespace."
    )


class NothingFile(Written):
    """No keys."""


class TlsFile(Alternatives):
    """Who has the certificate."""

    scalar: ClassVar[str] = "secret"

    secret: SecretName | None = Field(None, description="A Secret of type kubernetes.io/tls in the control namespace.")
    issuer: IssuerFile | None = Field(None, description="cert-manager makes one.")
    none: NothingFile | None = Field(None, description="Nobody: plain HTTP, which everybody in between can read.")


class IngressFile(Written):
    """An Ingress, for a controller that is there."""

    host: Annotated[str, AfterValidator(_host)] = Field(description="The name that users type.")
    path: Annotated[str, AfterValidator(_path)] = Field("", description="The path below which Airflow is.")
    ingress_class: str | None = Field(None, alias="class", description="Default: the cluster's default class.")
    annotations: dict[str, str] = Field({}, description="For the controller.")
    tls: TlsFile = Field(description="Who has the certificate; `none` is to be written out.")
    allow: Annotated[tuple[Cidr, ...], Field(strict=False)] = Field(
        (), description="Addresses that may connect; default: all that reach the controller. Traefik and ingress-nginx."
    )
    controller: NamespaceName | None = Field(
        None, description="The namespace of the controller's pods. Default: what its class tells."
    )
    callers: Callers = Field(
        (), alias="from", description="Where the controller calls from besides, if that is no pod of its namespace."
    )


class LoadBalancerFile(Written):
    """A Service of type LoadBalancer, without TLS of its own."""

    annotations: dict[str, str] = Field({}, description="For the cloud's controller.")
    allow: Annotated[tuple[Cidr, ...], Field(strict=False, min_length=1)] = Field(
        description="Addresses that may connect; [0.0.0.0/0] is to be written out."
    )
    port: int = Field(80, ge=1, le=65535, description="The port that users connect to.")
    host: Annotated[str, AfterValidator(_host)] = Field(
        description="The name that leads to it: Airflow sends users there to log in."
    )
    callers: Callers = Field(
        (), alias="from", description="The balancer's own addresses, where those that connect do not reach the pod."
    )


class ExposeFile(Alternatives):
    """How users reach Airflow."""

    port: int | None = Field(
        None, ge=1, le=65535, description="A port of the loopback address, of the machine that runs `up` or `open`."
    )
    ingress: IngressFile | None = Field(None, description="By an ingress controller that is there.")
    load_balancer: LoadBalancerFile | None = Field(None, description="By a load balancer of the cloud's.")
    none: NothingFile | None = Field(None, description="Not at all but by `open`. The default where no port is.")

    @model_validator(mode="before")
    @classmethod
    def _no_port_as_word(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            raise invalid("spec.wrong-type", "does not say what the number is", f"Write expose: {{port: {value}}}.")
        return value
