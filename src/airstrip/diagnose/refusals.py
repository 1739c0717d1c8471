"""Pods that the cluster refuses to make: quota, limit range, pod security, webhook, service account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.diagnose.facts import EventFact, Facts
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.rule import Rule

_WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"')
_ACCOUNT = re.compile(r'error looking up service account [^:]*|serviceaccount "[^"]+" not found')
_LIMIT = re.compile(r"(maximum|minimum) [\w./-]+ usage per|max limit to request ratio per")
_QUOTA = re.compile(r"exceeded quota|must specify")
_SECURITY = re.compile(r"violates PodSecurity")


def _refused(pattern: re.Pattern[str]) -> Callable[[Facts], Iterator[Match]]:
    """Owners whose last attempt at making a pod was refused so. With pods there, that is past."""

    def matches(facts: Facts) -> Iterator[Match]:
        last = {(event.namespace, event.about): event for event in facts.events if event.reason == "FailedCreate"}
        owned = {(pod.namespace, pod.owner) for pod in facts.pods}
        jobs = {(job.namespace, f"Job/{job.name}") for job in facts.jobs}
        for about, event in last.items():
            is_past = about in owned or (event.about.startswith("Job/") and about not in jobs)
            if not is_past and (found := pattern.search(event.message)):
                name = found.group(1) if pattern.groups else ""
                yield _match(event, name if name else "")

    return matches


def _match(event: EventFact, name: str) -> Match:
    kind, _, owner = event.about.partition("/")
    # A ReplicaSet has its Deployment's name and a hash.
    workload = owner.rpartition("-")[0] if kind == "ReplicaSet" else owner
    fields = {"owner": owner, "namespace": event.namespace, "message": sentence(event.message), "webhook": name}
    return Match(f"{event.namespace}/{workload}", fields, f"{event.about}: {event.reason}: {event.message}")


def quota_full(facts: Facts) -> Iterator[Match]:
    """In the workers' namespace the executor is refused, of which no event tells: soon the task has failed."""
    workers = facts.deployment.workers if facts.deployment else ""
    for quota in facts.quotas:
        if quota.full and quota.namespace == workers:
            said = f"ResourceQuota {quota.name}: {quota.resource} {quota.used} of {quota.hard}"
            fields = {"owner": "tasks", "namespace": workers, "message": f"{said} are used."}
            yield Match(f"{workers}/quota/{quota.name}", fields, said)


def quota(facts: Facts) -> Iterator[Match]:
    refused = list(_refused(_QUOTA)(facts))
    yield from refused or quota_full(facts)


security_violation = _refused(_SECURITY)

REFUSAL_RULES: tuple[Rule, ...] = (
    Rule(
        "webhook.unavailable",
        "{owner} may not make its pods: the admission webhook {webhook} does not answer",
        "Its Service or pod is gone or fails, and it is registered with failurePolicy Fail: {message}",
        "Mend what serves it, or delete its configuration: kubectl get validatingwebhookconfigurations -o wide",
        _refused(_WEBHOOK),
    ),
    Rule(
        "account.absent",
        "{owner} may not make its pods: its service account is not there",
        "{message}",
        "Make it again: ./airstrip up",
        _refused(_ACCOUNT),
    ),
    Rule(
        "namespace.quota",
        "{owner} may not make its pods: the quota of {namespace} is used up",
        "{message}",
        "Raise the ResourceQuota of {namespace}, or ask for less.",
        quota,
    ),
    Rule(
        "namespace.limit-range",
        "{owner} may not make its pods: the limit range of {namespace} forbids them",
        "{message}",
        "Change it: kubectl -n {namespace} edit limitrange; or ask for what it allows, under `resources` in the file.",
        _refused(_LIMIT),
    ),
    Rule(
        "pod.security-violation",
        "{owner} may not make its pods: {namespace} enforces pod security",
        "{message}",
        "Make the pod keep it; Airstrip's own pods do, so look at what was changed or patched.",
        security_violation,
    ),
)
