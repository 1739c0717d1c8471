"""Pods that the cluster refuses to make: webhook, quota, limit range, pod security."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.facts import EventFact, Facts
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.rule import Matches, Rule
from airstrip.kube.admission import EXPLANATIONS, Refusal, refusal_in


def refused(facts: Facts, code: str) -> Iterator[tuple[EventFact, Refusal, str]]:
    """Owners whose last attempt at making a pod was refused so, with their workload's subject. With pods there, that
    is past."""
    last = {(event.namespace, event.about): event for event in facts.events if event.reason == "FailedCreate"}
    owned = {(pod.namespace, pod.owner) for pod in facts.pods}
    jobs = {(job.namespace, f"Job/{job.name}") for job in facts.jobs}
    for about, event in last.items():
        is_past = about in owned or (event.about.startswith("Job/") and about not in jobs)
        found = refusal_in(event.message)
        if not is_past and found and found.code == code:
            yield event, found, f"{event.namespace}/{_workload(event)[1]}"


def evidence(event: EventFact) -> str:
    return f"{event.about}: {event.reason}: {event.message}"


def _workload(event: EventFact) -> tuple[str, str]:
    """Kind and name. A ReplicaSet has its Deployment's name and a hash."""
    kind, _, name = event.about.partition("/")
    return ("Deployment", name.rpartition("-")[0]) if kind == "ReplicaSet" else (kind, name)


def _refused(code: str) -> Matches:
    def matches(facts: Facts) -> Iterator[Match]:
        for event, found, subject in refused(facts, code):
            fields = {
                "who": event.about.partition("/")[2],
                "namespace": event.namespace,
                "name": found.name or "(unnamed)",
                "message": sentence(event.message),
                "where": described.of_owner(facts, event.namespace, *_workload(event)),
            }
            yield Match(subject, fields, evidence(event))

    return matches


def quota_full(facts: Facts) -> Iterator[Match]:
    """In a namespace of tasks' pods the executor is refused, of which no event tells: soon the task has failed."""
    of_tasks = facts.deployment.of_tasks if facts.deployment else ()
    for quota in facts.quotas:
        if quota.full and quota.namespace in of_tasks:
            said = f"ResourceQuota {quota.name}: {quota.resource} {quota.used} of {quota.hard}"
            fields = {"who": "tasks", "namespace": quota.namespace, "message": f"{said} are used."}
            fields["where"] = described.OF_TASKS
            yield Match(quota_subject(quota.namespace, quota.name), fields, said)


def quota_subject(namespace: str, name: str) -> str:
    return f"{namespace}/quota/{name}"


def quota(facts: Facts) -> Iterator[Match]:
    yield from list(_refused("namespace.quota")(facts)) or quota_full(facts)


REFUSAL_RULES: tuple[Rule, ...] = tuple(
    Rule.of(known, quota if code == "namespace.quota" else _refused(code)) for code, known in EXPLANATIONS.items()
)
