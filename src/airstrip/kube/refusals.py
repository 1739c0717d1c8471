"""What the API server's refusals and a failed connection mean, as errors with a cause and a fix."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
from cryptography import x509

from airstrip.errors import KubernetesError
from airstrip.kube.admission import EXPLANATIONS, cause_and_fix, refusal_in
from airstrip.kube.kubeconfig import Access

_FORBIDDEN = 403
_Answer = TypeVar("_Answer")


def is_forbidden(error: KubernetesError) -> bool:
    """Whether we may not do what was tried, whatever else may be wrong there."""
    return error.status == _FORBIDDEN


def unless_forbidden(ask: Callable[[], _Answer]) -> _Answer | None:
    """What `ask` answers; None where we may not look, as in a cluster that others run."""
    try:
        return ask()
    except KubernetesError as error:
        if is_forbidden(error):
            return None
        raise


def connection_error(error: Exception, access: Access) -> KubernetesError:
    """A request that got no answer."""
    verification = _find(error, ssl.SSLCertVerificationError)
    if verification is not None:
        return _distrusted(verification, access)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        return KubernetesError(
            "kubernetes.timeout",
            f"the API server {access.server} took too long to answer",
            cause="It is overloaded, or a proxy or firewall on the way swallows the answer.",
            fix="Run this again; if it stays so, look at the machine that the API server runs on.",
        )
    return KubernetesError(
        "kubernetes.unreachable",
        f"the API server {access.server} cannot be reached: {_plain(error)}",
        cause="The cluster is stopped, its address changed, or a network (VPN, proxy, firewall) is in between.",
        fix=f"Check the cluster of context {access.context}, and HTTPS_PROXY and NO_PROXY where there is a proxy.",
    )


def refusal(
    status: int, body: Mapping[str, Any], action: str, access: Access, *, secret: bool, namespace: str = ""
) -> KubernetesError:
    """An HTTP answer that is not a success. `action` is what was tried ("apply Deployment web in x").

    `secret`: the object holds secrets, so the server's own words, which may quote it, are left out.
    """
    said = "" if secret else str(body.get("message") or "")
    code, cause, fix = _explain(status, body, str(body.get("message") or ""), access, namespace)
    message = f"could not {action}: {_short(said) or body.get('reason') or f'HTTP {status}'}"
    details = "\n".join(_causes(body, secret=secret))
    managers = tuple(sorted({manager for manager, _ in field_conflicts(body)}))
    return KubernetesError(code, message, cause=cause, fix=fix, details=details, status=status, managers=managers)


def field_conflicts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(other manager, field) for each field that somebody else owns, from a 409 of server-side apply."""
    causes = (body.get("details") or {}).get("causes") or []
    return [
        (_manager(cause.get("message", "")), cause.get("field", ""))
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    ]


def _explain(status: int, body: Mapping[str, Any], said: str, access: Access, namespace: str) -> tuple[str, str, str]:
    """(code, cause, fix). None of them repeats `said`, which may quote a Secret."""
    reason = body.get("reason")
    if conflicts := field_conflicts(body):
        managers = ", ".join(sorted({manager for manager, _ in conflicts}))
        return (
            "kubernetes.field-conflict",
            f"These fields are managed by {managers}, which would be undone.",
            f"Stop {managers} from managing them, or take the change out there.",
        )
    if status == 401:
        return _unauthorized(access)
    if status == _FORBIDDEN:
        return _forbidden(said, access, namespace)
    if status == 422 and ("immutable" in said or "updates to statefulset spec" in said):
        return (
            "kubernetes.immutable",
            "Kubernetes does not change these fields of an object that exists.",
            "Delete the object, then run this again; a StatefulSet's claims stay.",
        )
    if status == 500 and "failed to create typed patch object" in said:
        status = 422  # What is wrong is the object, whatever the server says.
    return _EXPLANATIONS.get((status, reason)) or _EXPLANATIONS.get((status, None)) or _by_class(status)


_EXPLANATIONS: Mapping[tuple[int, str | None], tuple[str, str, str]] = {
    (404, None): ("kubernetes.not-found", "It, its namespace or its kind is not there.", "Run: ./airstrip up"),
    (409, "AlreadyExists"): ("kubernetes.already-exists", "Something made it before.", "Run this again."),
    (409, None): ("kubernetes.conflict", "Something else changed it at the same moment.", "Run this again."),
    (410, None): ("kubernetes.expired", "The listing took so long that it went out of date.", "Run this again."),
    (422, None): (
        "kubernetes.invalid",
        "The object is not valid for this version of Kubernetes.",
        "See the fields below.",
    ),
    (429, None): ("kubernetes.busy", "The API server turns requests away because it is overloaded.", "Run this again."),
}


def _by_class(status: int) -> tuple[str, str, str]:
    if status >= 500:
        return "kubernetes.server-error", "The API server or its storage has trouble.", "Run this again in a minute."
    return "kubernetes.bad-request", "The API server does not understand the request.", "See what it says."


def _unauthorized(access: Access) -> tuple[str, str, str]:
    if (until := _not_after(access.client_certificate)) and until < datetime.datetime.now(datetime.UTC):
        return (
            "kubernetes.certificate-expired",
            f"The client certificate of kubeconfig context {access.context} expired at {until:%Y-%m-%d %H:%M} UTC.",
            "Write it anew; that of Airstrip's own node is written by: ./airstrip up",
        )
    return (
        "kubernetes.unauthorized",
        f"The credentials of kubeconfig context {access.context} are not, or no longer, valid.",
        "Log in again, or write the kubeconfig anew.",
    )


def _forbidden(said: str, access: Access, namespace: str) -> tuple[str, str, str]:
    refused = refusal_in(said)
    if refused and refused.code in EXPLANATIONS:
        return (refused.code, *cause_and_fix(refused, namespace))
    if refused and refused.code == "namespace.terminating":
        return "namespace.terminating", "The namespace is being deleted.", "Wait until it is gone, then run this again."
    return (
        "kubernetes.forbidden",
        f"The account of kubeconfig context {access.context} may not do this.",
        "Ask an administrator of the cluster for this right.",
    )


def _distrusted(error: ssl.SSLCertVerificationError, access: Access) -> KubernetesError:
    if error.verify_code == 10:  # X509_V_ERR_CERT_HAS_EXPIRED
        return KubernetesError(
            "kubernetes.certificate-expired",
            f"the certificate of the API server {access.server} has expired",
            cause="It was not renewed, or this machine's clock is wrong.",
            fix="Check the clock (date), then have the cluster's certificates renewed.",
        )
    return KubernetesError(
        "kubernetes.certificate-untrusted",
        f"the certificate of the API server {access.server} is not trusted: {error.verify_message}",
        cause="The cluster was made anew since the kubeconfig was written, or something sits in between.",
        fix="Write it anew; that of Airstrip's own node is written by: ./airstrip up",
    )


def _not_after(certificate: bytes | None) -> datetime.datetime | None:
    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc if certificate else None
    except ValueError:
        return None


def _find(error: BaseException, wanted: type[ssl.SSLCertVerificationError]) -> ssl.SSLCertVerificationError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, wanted):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _causes(body: Mapping[str, Any], *, secret: bool) -> list[str]:
    causes = (body.get("details") or {}).get("causes") or []
    return [f"{cause.get('field', '')}: {cause.get('reason' if secret else 'message', '')}" for cause in causes]


def _manager(message: str) -> str:
    """From 'conflict with "kubectl-edit" using apps/v1 at 2026-11-21T04:00:00Z: .spec.replicas'."""
    parts = message.split('"')
    return parts[1] if len(parts) > 2 else "another program"


def _plain(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _short(text: str) -> str:
    """The server's sentence; field by field goes into the details."""
    return text if len(text) <= 400 else text[:400] + "…"
