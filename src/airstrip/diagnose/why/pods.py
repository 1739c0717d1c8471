"""A task's pod that cannot start, and the pod that an operator made for it: what the rules of diagnosis say of the pods
that are there, and of those that are gone, as their events tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from airstrip.diagnose import described, image_rules, missing, placement
from airstrip.diagnose import pods as pod_rules
from airstrip.diagnose.facts import ContainerFact, EventFact, Facts, PodFact
from airstrip.diagnose.match import Brief, Composed, Match
from airstrip.diagnose.rule import Rule
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.reason import Matches, Reason, found
from airstrip.kube.troubles import MOUNT_REASONS

_IN_PODS = ("queued", "running", "failed", "up_for_retry", "restarting")
_IMAGE = re.compile(r"ErrImage|ImagePullBackOff|InvalidImageName|[Ff]ailed to pull image|pull policy of Never")
_CONFIG = re.compile(
    r"Error: (?:secret|configmap) |couldn't find key|CreateContainer(?:Config)?Error|RunContainerError"
)
_NAMED_IMAGE = re.compile(r'image "([^"]+)"')
_NEVER = re.compile(r"ErrImageNeverPull|pull policy of Never")
_LONG_AGO = 3600.0


def explaining(matches: Matches) -> Matches:
    """Of a task that has, or had, a pod."""

    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.task and facts.state in _IN_PODS:
            yield from matches(facts)

    return narrowed


def started(facts: WhyFacts, name: str) -> bool:
    """A pod that began is past whatever kept it waiting."""
    return any(event.reason == "Started" and event.about == f"Pod/{name}" for event in facts.events())


def _by_node(rule: Rule) -> Reason:
    @explaining
    def matches(facts: WhyFacts) -> Iterator[Match]:
        at_work = {pod.node for pod in _living(facts) if pod.node}
        for match in () if facts.has_failed else rule.matches(facts.cluster):
            if not at_work or match.fields["node"] in at_work:
                yield match

    return Reason.of(rule.explanation, matches)


def _by_pod(rule: Rule) -> Reason:
    @explaining
    def matches(facts: WhyFacts) -> Iterator[Match]:
        for match in rule.matches(_of_its_pods(facts)):
            said = {name: Brief(match.fields[name]) for name in ("message",) if name in match.fields}
            who = {"who": Composed(f"{facts.task_label} ({match.fields['pod']})")} if "pod" in match.fields else {}
            yield replace(match, fields={**match.fields, **said, **who})

    return Reason.of(rule.explanation, matches)


def _of_its_pods(facts: WhyFacts) -> Facts:
    gone = (name for name in (*facts.pods, *facts.children) if not _is_there(facts, name) and not started(facts, name))
    past = [pod for name in gone if (pod := _past(facts, name))]
    pods = [*_living(facts), *past]
    waited_for = {(pod.namespace, claim) for pod in pods for claim in pod.claims if pod.phase == "Pending"}
    claims = [claim for claim in facts.cluster.claims if (claim.namespace, claim.name) in waited_for]
    return replace(facts.cluster, pods=pods, claims=claims, missing=(), airflow=None)


def _past(facts: WhyFacts, name: str) -> PodFact | None:
    """A pod that is gone, as the last event that says why it waited tells of it."""
    component = described.TASK if name in facts.pods else ""
    for event in reversed([event for event in facts.events() if event.about == f"Pod/{name}"]):
        pod = PodFact(event.namespace, name, component, "", "Pending", _LONG_AGO)
        if event.reason == "FailedScheduling":
            return replace(pod, unschedulable=event.message)
        if container := _waited(event):
            return replace(pod, containers=(container,))
    return None


def _waited(event: EventFact) -> ContainerFact | None:
    image = _NAMED_IMAGE.search(event.message)
    if event.reason in MOUNT_REASONS:
        return ContainerFact("", "", "waiting", "ContainerCreating")
    if event.warning and image and _IMAGE.search(event.message):
        reason = "ErrImageNeverPull" if _NEVER.search(event.message) else "ErrImagePull"
        return ContainerFact("", image[1], "waiting", reason, event.message)
    if event.warning and _CONFIG.search(f"{event.reason} {event.message}"):
        return ContainerFact("", "", "waiting", "CreateContainerConfigError", event.message)
    return None


def _living(facts: WhyFacts) -> list[PodFact]:
    names = {*facts.pods, *facts.children}
    return [pod for pod in facts.cluster.pods if pod.name in names]


def _is_there(facts: WhyFacts, name: str) -> bool:
    return any(pod.name == name for pod in facts.cluster.pods)


def _not_begun(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.state == "queued":
        there = _living(facts)
        now = f"Its pod {there[0].name} is {there[0].phase}." if there else "Its pod is not made yet."
        if not facts.task_pods:
            now = "With airflow.executor: local, the scheduler begins it itself, and has not yet."
        yield found("\n".join(facts.scheduler_log[-3:]), task=facts.task_label, now=now)


NODE_REASONS = tuple(_by_node(rule) for rule in placement.LOST_RULES)

REASONS = (
    *(
        _by_pod(rule)
        for rule in (
            *placement.VOLUME_RULES,
            *missing.SECRET_RULES,
            *missing.CONFIG_MAP_RULES,
            *placement.MOUNT_RULES,
            *image_rules.IMAGE_RULES,
            *placement.SCHEDULING_RULES,
            *pod_rules.CONFIG_RULES,
        )
    ),
    Reason(
        "task.queued",
        "{task} is queued, and about to begin",
        "{now}",
        "Wait some seconds; if it stays so: ./airstrip logs scheduler",
        _not_begun,
        is_last_resort=True,
    ),
)
"""As the rules have them: a cause has one code and one text, whoever tells it."""
