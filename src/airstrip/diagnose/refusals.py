"""Pods that the cluster refuses to make: webhook, quota, limit range, pod security."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.airflow.look import airflow, signs_of
from airstrip.diagnose.airflow.work import ENDED_EARLY_SUBJECT
from airstrip.diagnose.facts import EventFact, Facts
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.namespace_facts import QuotaFact, WorkloadFact
from airstrip.diagnose.quantity import quantity, quantity_in
from airstrip.diagnose.rule import OF_TASKS, Matches, Rule, code_in
from airstrip.kube.admission import EXPLANATIONS, POD_REFUSED, Refusal, message_in, namespace_in, refusal_in

_EXECUTOR = "scheduler"
"""The component that makes tasks' pods."""
_EXCEEDED = re.compile(r"exceeded quota: (?P<name>[\w.-]+), requested: (?P<asked>\S+), used: ")


def refused(facts: Facts, code: str) -> Iterator[tuple[EventFact, Refusal, str]]:
    """Owners whose last attempt at making a pod was refused so, with their workload's subject."""
    for event in _failed_to_make(facts):
        found = refusal_in(event.message)
        if found and found.code == code:
            yield event, found, f"{event.namespace}/{_workload(event)[1]}"


def refusals_of(facts: Facts, workload: WorkloadFact) -> list[EventFact]:
    """Of pods that it lacks, whoever refused them."""
    its = (workload.kind, workload.name)
    return [
        event for event in _failed_to_make(facts) if event.namespace == workload.namespace and _workload(event) == its
    ]


def _failed_to_make(facts: Facts) -> Iterator[EventFact]:
    """The last attempt of each owner. With pods there that is past, but for one that still lacks some; so is
    that of a Job which is complete."""
    last = {(event.namespace, event.about): event for event in facts.events if event.reason == "FailedCreate"}
    owned = Counter((pod.namespace, pod.owner) for pod in facts.pods)
    jobs = {(job.namespace, f"Job/{job.name}") for job in facts.jobs if not job.complete}
    short = [each for each in facts.workloads if each.ready < each.wanted]
    wanted = {(each.namespace, each.kind, each.name): each.wanted for each in short}
    for about, event in last.items():
        enough = wanted.get((event.namespace, *_workload(event)), 1)
        if owned[about] < enough and (not event.about.startswith("Job/") or about in jobs):
            yield event


def evidence(event: EventFact) -> str:
    return f"{event.about}: {event.reason}: {event.message}"


def _workload(event: EventFact) -> tuple[str, str]:
    """Kind and name. A ReplicaSet has its Deployment's name and a hash."""
    kind, _, name = event.about.partition("/")
    return ("Deployment", name.rpartition("-")[0]) if kind == "ReplicaSet" else (kind, name)


def _refused(code: str) -> Matches:
    def matches(facts: Facts) -> Iterator[Match]:
        yield from _refused_of_owners(code)(facts)
        for line, found, namespace in refused_by_log(facts, code):
            yield _of_tasks(facts, line, namespace, f"refused/{code}", name=found.name or "(unnamed)")

    return matches


def _refused_by_nobody_known(facts: Facts) -> Iterator[Match]:
    """Of the executor's attempts; of a namespace that is being deleted, where that cannot be seen any more."""
    for line in _logged(facts, "refused"):
        found = refusal_in(line)
        if found is None or found.code == "namespace.terminating":
            yield _of_tasks(facts, line, namespace_in(line), "refused")


def _of_tasks(facts: Facts, line: str, namespace: str, about: str, **more: str) -> Match:
    """Where several namespaces have tasks and the API server does not name its own, nobody knows which it is."""
    of_tasks = facts.deployment.of_tasks if facts.deployment else ()
    several = not namespace and len(of_tasks) > 1
    who = f"tasks (in {' or '.join(of_tasks)}; which: ./airstrip why DAG)" if several else "tasks"
    where = namespace or (of_tasks[0] if len(of_tasks) == 1 else "NAMESPACE")
    fields = {"who": who, "namespace": where, "message": sentence(_said(line)), "where": described.OF_TASKS, **more}
    return Match(f"{where}/{about}", fields, line, (ENDED_EARLY_SUBJECT,))


def _refused_of_owners(code: str) -> Matches:
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


def refused_by_log(facts: Facts, code: str) -> Iterator[tuple[str, Refusal, str]]:
    """With the namespace, as far as it is named. The executor makes pods without an owner, of which no event tells: it
    logs the API server's words, and its task has failed."""
    for line in _logged(facts, "refused"):
        found = refusal_in(line)
        if found and found.code == code:
            yield line, found, namespace_in(line)


def _logged(facts: Facts, sign: str) -> Iterator[str]:
    for _, component, lines in signs_of(facts, sign):
        yield from lines if component == _EXECUTOR else ()


def _said(line: str) -> str:
    return message_in(line) or (line.partition("Message: ")[2] or line).replace('\\"', '"')


def refused_tasks(facts: Facts) -> Iterator[Match]:
    """Of the executor's and operators' attempts no event tells: those who made them log the API server's words. Such
    a quota is a fault where it would refuse them again; one that is full, and was asked for nothing, is none."""
    logged = [*_logged(facts, "quota")]
    logged += [line for sign in airflow(facts).task_signs if sign.sign == "quota" for line in sign.lines]
    of_tasks = facts.deployment.of_tasks if facts.deployment else ()
    for line in logged:
        for said in _EXCEEDED.finditer(line):
            for quota in facts.quotas:
                asked = quantity_in(_amounts(said["asked"]).get(quota.resource, ""))
                is_its = quota.name == said["name"] and quota.namespace in of_tasks and quota.stops_pods
                if is_its and asked is not None and quantity(quota.used) + asked > quantity(quota.hard):
                    yield _refused_task(quota, line)


def _amounts(said: str) -> dict[str, str]:
    """From "pods=1,limits.memory=1Gi"."""
    return {resource: amount for resource, _, amount in (each.partition("=") for each in said.split(","))}


def _refused_task(quota: QuotaFact, line: str) -> Match:
    used = f"ResourceQuota {quota.name}: {quota.resource} {quota.used} of {quota.hard}"
    fields = {"who": "tasks", "namespace": quota.namespace, "message": f"{used} are used."}
    fields["where"] = described.OF_TASKS
    subject = quota_subject(quota.namespace, quota.name)
    # The executor gives up a task that is refused some times.
    return Match(subject, fields, f"{used}\n{line}", (ENDED_EARLY_SUBJECT,))


def quota_subject(namespace: str, name: str) -> str:
    return f"{namespace}/quota/{name}"


def quota(facts: Facts) -> Iterator[Match]:
    """In a namespace where it refused a workload, that tells of tasks too."""
    of_owners = list(_refused_of_owners("namespace.quota")(facts))
    yield from of_owners
    told = {match.fields["namespace"] for match in of_owners}
    yield from (match for match in refused_tasks(facts) if match.fields["namespace"] not in told)


REFUSAL_RULES: tuple[Rule, ...] = (
    *(Rule.of(known, quota if code == "namespace.quota" else _refused(code)) for code, known in EXPLANATIONS.items()),
    Rule.of(POD_REFUSED, _refused_by_nobody_known, frozenset({code_in("namespace.terminating", OF_TASKS)})),
)
