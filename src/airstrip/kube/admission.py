"""Why the API server does not take an object, by its own words, wherever they are read: an answer, an event, a log.

Pure. Quotes may be escaped, where the words stand in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from airstrip.findings import Explanation

RBAC = "kubernetes.forbidden"
"""The authorizer's refusal: nobody else's stands in the way."""
POD_SECURITY = "violates PodSecurity"


@dataclass(frozen=True)
class Refusal:
    """`code` says who refused, `words` are those that tell; `name` is the quota's, webhook's or account's. Of the
    authorizer, `name` is whom it refused, and `verb` and `resource` what it does not allow."""

    code: str
    words: str
    name: str = ""
    verb: str = ""
    resource: str = ""


_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("webhook.unavailable", re.compile(r'failed calling webhook \\*"(?P<name>[^"\\]+)')),
    ("webhook.denied", re.compile(r'admission webhook(?: \\*"(?P<name>[^"\\]+))?|denied the request')),
    (
        "account.missing",
        re.compile(
            r"error looking up service account [\w.-]+/(?P<name>[\w.-]+)"
            r'|serviceaccount \\*"(?P<named>[^"\\]+)\\*" not found'
        ),
    ),
    ("namespace.quota", re.compile(r"exceeded quota(?:: (?P<name>[\w.-]+))?|failed quota: (?P<named>[\w.-]+)")),
    (
        "namespace.limit-range",
        re.compile(r"(?:maximum|minimum) [\w./-]+ usage per (?:Container|Pod|Persist)|max limit to request ratio per"),
    ),
    ("pod.security-violation", re.compile(POD_SECURITY)),
    ("namespace.terminating", re.compile(r"is being terminated")),
    (
        RBAC,
        re.compile(
            r'is forbidden: User \\*"(?P<name>[^"\\]+)\\*" cannot (?P<verb>\w+) resource \\*"(?P<resource>[\w./-]+)'
        ),
    ),
)
"""The authorizer last: whose words stand beside those of another did not decide alone."""

REFUSED = "is forbidden|is invalid|denied the request|admission|failed calling webhook|error looking up service account"
"""Alternatives of a regular expression: of a text that has none of these, the API server refused nothing in it."""
_MESSAGE = re.compile(r'"message":\s?"((?:[^"\\]|\\.)*)"')

STAYS = frozenset({"namespace.quota", "namespace.limit-range", "pod.security-violation"})
"""Codes of refusals that trying again does not end."""


def refusal_in(text: str) -> Refusal | None:
    """Who refused, as far as the text tells."""
    for code, pattern in _SIGNS:
        if found := pattern.search(text):
            groups = found.groupdict()
            words = found[0].partition(":")[0] if code == "namespace.quota" else found[0]
            name = groups.get("name") or groups.get("named") or ""
            return Refusal(code, words, name, groups.get("verb") or "", groups.get("resource") or "")
    return None


def message_in(text: str) -> str:
    """What the API server says, where its answer stands in the text as JSON; else empty."""
    quoted = _MESSAGE.search(text)
    return quoted[1].replace('\\"', '"') if quoted else ""


_NAMESPACE = re.compile(
    r'in the namespace \\*"(?P<right>[\w-]+)|looking up service account (?P<account>[\w-]+)/'
    r"|in namespace (?P<ending>[\w-]+) because"
)


def namespace_in(text: str) -> str:
    """The namespace that a refusal is about, as far as the text tells; else empty."""
    found = _NAMESPACE.search(text)
    return next(filter(None, found.groups()), "") if found else ""


EXPLANATIONS: Mapping[str, Explanation] = {
    each.code: each
    for each in (
        Explanation(
            "webhook.unavailable",
            "no pod can be made for {who}: the admission webhook {name} does not answer",
            "Its Service or pod is gone or fails, and it is registered with failurePolicy Fail: {message}",
            "Mend what serves it, or delete its configuration: kubectl get validatingwebhookconfigurations,"
            "mutatingwebhookconfigurations -o wide",
        ),
        Explanation(
            "webhook.denied",
            "no pod can be made for {who}: the admission webhook {name} refuses it",
            "{message}",
            "See whose it is: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o wide; let it"
            " take the pod, or change what it names {where}",
        ),
        Explanation(
            "namespace.quota",
            "no pod can be made for {who}: the quota of {namespace} is used up, or does not let it in",
            "{message}",
            "Raise the ResourceQuota: kubectl -n {namespace} edit resourcequota; or ask for less {where}",
        ),
        Explanation(
            "namespace.limit-range",
            "no pod can be made for {who}: the limit range of {namespace} forbids it",
            "{message}",
            "Change the LimitRange: kubectl -n {namespace} edit limitrange; or ask for what it allows {where}",
        ),
        Explanation(
            "pod.security-violation",
            "no pod can be made for {who}: {namespace} enforces pod security that it does not keep",
            "{message}",
            "See what is enforced: kubectl get namespace {namespace} --show-labels; take out what is named there, or"
            " set what it lacks, {where}",
        ),
    )
}
"""Of refusals of pods. `who` is what the pod is for, `where` the place where the pod is described."""
POD_REFUSED = Explanation(
    "pod.refused",
    "no pod can be made for {who}: the API server refuses it",
    "{message}",
    "Change what it names {where}",
)
"""By nobody that is known."""


_OF_ERRORS: Mapping[str, tuple[str, str]] = {
    "webhook.unavailable": (
        "{webhook} does not answer.",
        "Mend what serves it, or delete its configuration (kubectl get validatingwebhookconfigurations,"
        "mutatingwebhookconfigurations -o wide).",
    ),
    "webhook.denied": ("{webhook} refuses it.", "Ask whoever keeps that webhook; or change what it names."),
    "namespace.quota": (
        "The quota of {namespace} is used up, or does not let it in.",
        "Raise the ResourceQuota (kubectl -n {argument} edit resourcequota), or ask for less.",
    ),
    "namespace.limit-range": (
        "The limit range of {namespace} forbids it.",
        "Change the LimitRange (kubectl -n {argument} edit limitrange), or ask for what it allows.",
    ),
    "pod.security-violation": (
        "The pod security of {namespace} does not allow it.",
        "Take out what is named there, or set what it lacks.",
    ),
}
"""Cause and fix by code, where the server's own words and the object are told beside them."""


def cause_and_fix(refusal: Refusal, namespace: str) -> tuple[str, str]:
    """For an error whose message has the server's own words; the namespace is empty where it is not known."""
    cause, fix = _OF_ERRORS[refusal.code]
    webhook = f"The admission webhook {refusal.name}" if refusal.name else "An admission webhook"
    said = cause.format(webhook=webhook, namespace=namespace or "its namespace")
    return said, fix.format(argument=namespace or "NAMESPACE")
