"""Who refused a request to the Kubernetes API: the authorizer, or something that merely stood in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airstrip.kube import admission

_UNKNOWN_CALLER = 401


def by_rbac(text: str, verb: str = "") -> bool:
    """Whether these are the authorizer's words, and nobody else's; of one verb where it is named."""
    refused = admission.refusal_in(text)
    return refused is not None and refused.code == admission.RBAC and verb in ("", refused.verb)


def by_another(text: str) -> str:
    """What else refused it, in that one's own words; empty where nothing tells."""
    refused = admission.refusal_in(text)
    return refused.words if refused and refused.code != admission.RBAC else ""


def not_refused(attempts: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line for each attempt that was not refused for want of rights: what it did, or what else hindered it."""
    return [line for attempt in attempts if (line := _judge(attempt))]


def _judge(attempt: Mapping[str, Any]) -> str:
    what, status, message = attempt["what"], attempt["status"], attempt["message"]
    if status == _UNKNOWN_CALLER or (status == 403 and by_rbac(message)):
        return ""
    if 200 <= status < 300:
        return f"it could {what}"
    said = f"HTTP {status}: {message}" if status else message
    return f"to {what} was not refused for want of rights, it failed: {said}"[:300]


def rights_over(rules: Sequence[Mapping[str, Any]], resource: str) -> list[str]:
    """Of a SelfSubjectRulesReview: what it grants over a resource of the core group, whole groups included."""
    return [
        f"{', '.join(rule['verbs'])} {', '.join(rule['resources'])}"
        for rule in rules
        if {resource, "*"} & set(rule.get("resources") or ()) and {"", "*"} & set(rule.get("apiGroups") or ())
    ]


def rights_beyond_asking(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """What it grants but that everybody may ask who they are and what they may."""
    asking = {"authorization.k8s.io", "authentication.k8s.io"}
    return [
        f"{', '.join(rule['verbs'])} {', '.join(rule.get('resources') or ())}"
        for rule in rules
        if not set(rule.get("apiGroups") or ()) <= asking
    ]
