"""A task's pod that is refused or cannot start, and the pod that an operator made for it: from the pods that are there,
from the events of those that are gone, and from what the scheduler wrote of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from airstrip.diagnose import placement
from airstrip.diagnose import pods as pod_rules
from airstrip.diagnose.facts import EventFact, Facts
from airstrip.diagnose.match import Match, sentence, subject_of
from airstrip.diagnose.why.facts import WhyFacts, label
from airstrip.diagnose.why.reason import Matches, Reason, found
from airstrip.diagnose.why.words import matching, short
from airstrip.kube.troubles import IMAGE_REASONS, creation_refused

_IN_PODS = ("queued", "running", "failed", "up_for_retry", "restarting")
_REFUSED = re.compile(
    r"(?:Message: |\"message\":\s?\"|body: )(?P<said>.*(?:is forbidden|is invalid|denied the request|admission).*)"
)
_QUOTED = re.compile(r'"message":\s?"((?:[^"\\]|\\.)*)"')
_IMAGE = re.compile(r"ErrImage|ImagePullBackOff|InvalidImageName|[Ff]ailed to pull image|pull policy of Never")
_CONFIG = re.compile(
    r"Error: (?:secret|configmap) |couldn't find key|CreateContainer(?:Config)?Error|RunContainerError"
)
_NAMED_IMAGE = re.compile(r'image "([^"]+)"')
_MOUNT_REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")


def _explaining(matches: Callable[[WhyFacts, str], Iterator[Match]]) -> Matches:
    """Of a task that has, or had, a pod; with its name."""

    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.task and facts.state in _IN_PODS:
            yield from matches(facts, label(facts.task))

    return narrowed


def _refusals(facts: WhyFacts) -> Iterator[str]:
    """The API server's words on pods that it did not take, the newest first."""
    texts = [*facts.scheduler_log, *(entry.text for entry in facts.audit if entry.event == "state mismatch")]
    if any(_started(facts, name) for name in facts.pods):
        # The task's own pod began: refused is one that it asked for itself.
        texts = [*facts.log] if facts.has_failed else []
    for refusal in matching([line for text in texts for line in text.split("\n")], _REFUSED):
        quoted = _QUOTED.search(refusal[0])
        yield short((quoted[1] if quoted else refusal["said"]).replace('\\"', '"'))


def _refused(code: str | None) -> Matches:
    @_explaining
    def matches(facts: WhyFacts, task: str) -> Iterator[Match]:
        for said in _refusals(facts):
            # What a task may not do is told by how it ended.
            if creation_refused(said) == code and not (code is None and facts.log):
                yield found(task=task, message=sentence(said), namespace=facts.namespace)

    return matches


@_explaining
def _node_not_ready(facts: WhyFacts, task: str) -> Iterator[Match]:
    at_work = {pod.node for pod in _living(facts).pods if pod.node}
    if facts.has_failed:
        return
    for match in placement.node_not_ready(facts.cluster):
        if not at_work or match.fields["node"] in at_work:
            yield replace(match, fields={**match.fields, "task": task})


def _by_pod(
    rule: Callable[[Facts], Iterator[Match]], event_is: Callable[[EventFact], bool]
) -> Callable[[WhyFacts], Iterator[Match]]:
    """A rule of diagnosis on the task's pods; where they are gone, the last event that says the same."""

    @_explaining
    def matches(facts: WhyFacts, task: str) -> Iterator[Match]:
        for match in rule(_living(facts)):
            words = {**match.fields, "message": sentence(_brief(match.fields["message"]))}
            yield replace(match, fields={**words, **_where(facts), "task": task})
        for event in reversed([*facts.events()]):
            name = event.about.partition("/")[2]
            if event_is(event) and not _started(facts, name) and not _is_there(facts, name):
                image = _NAMED_IMAGE.search(event.message)
                words = {"image": image[1] if image else "", "message": sentence(_brief(event.message))}
                yield found(f"{event.reason}: {event.message}", task=task, pod=name, **words, **_where(facts))

    return matches


def _where(facts: WhyFacts) -> dict[str, str]:
    return {"namespace": facts.namespace}


def _brief(message: str) -> str:
    """Without what the scheduler says of preemption, which only repeats it."""
    return short(re.split(r" no new claims to deallocate| preemption: ", message)[0])


def _no_image(facts: Facts) -> Iterator[Match]:
    """Of whatever a registry, or the node's own store, says."""
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in IMAGE_REASONS:
            said = sentence(short(container.message or container.reason))
            fields = {"pod": pod.name, "image": container.image, "message": said}
            yield Match(subject_of(pod), fields, f"{container.reason}: {container.message}")


def _is_image(event: EventFact) -> bool:
    return event.warning and bool(_IMAGE.search(event.message) and _NAMED_IMAGE.search(event.message))


def _is_config(event: EventFact) -> bool:
    return event.warning and bool(_CONFIG.search(f"{event.reason} {event.message}"))


def _is_mount(event: EventFact) -> bool:
    return event.reason in _MOUNT_REASONS


def _is_unscheduled(event: EventFact) -> bool:
    return event.reason == "FailedScheduling"


def _living(facts: WhyFacts) -> Facts:
    names = {*facts.pods, *facts.children}
    return replace(facts.cluster, pods=[pod for pod in facts.cluster.pods if pod.name in names])


def _is_there(facts: WhyFacts, name: str) -> bool:
    return any(pod.name == name for pod in facts.cluster.pods)


def _started(facts: WhyFacts, name: str) -> bool:
    """A pod that began is past whatever kept it waiting."""
    return any(event.reason == "Started" and event.about == f"Pod/{name}" for event in facts.events())


def _no_pod_yet(facts: WhyFacts) -> Iterator[Match]:
    if facts.task and facts.state == "queued":
        there = _living(facts).pods
        now = f"Its pod {there[0].name} is {there[0].phase}." if there else "Its pod is not made yet."
        yield found("\n".join(facts.scheduler_log[-3:]), task=label(facts.task), now=now)


REASONS = (
    Reason(
        "node.not-ready",
        "{task} cannot begin or go on: node {node} is not ready",
        "Its kubelet, container runtime or network does not work: {message}",
        "On this machine: ./airstrip node stop && ./airstrip node start",
        _node_not_ready,
    ),
    Reason(
        "namespace.quota",
        "{task} gets no pod: the quota of its namespace is used up, or does not let it in",
        "{message}",
        "Raise the ResourceQuota, or let the task ask for less: kubectl -n {namespace} edit resourcequota",
        _refused("namespace.quota"),
    ),
    Reason(
        "pod.security-violation",
        "{task} gets no pod: its namespace enforces pod security",
        "{message}",
        "Take out of the task's pod_override what is named there, or set what it lacks.",
        _refused("pod.security-violation"),
    ),
    Reason(
        "pod.refused",
        "{task} gets no pod: the API server refuses it",
        "{message}",
        "Change the pod (pod_override, or components.task in the file), or what refuses it: LimitRange, webhook, role.",
        _refused(None),
    ),
    Reason(
        "image.missing",
        "{task} cannot begin: {pod} does not get its image {image}",
        "{message}",
        "Name an image that is there, in the task's pod_override or image=; for the deployment's own: ./airstrip up",
        _by_pod(_no_image, _is_image),
    ),
    Reason(
        "pod.config-error",
        "{task} cannot begin: {pod} names what is not there",
        "{message}",
        "Make the Secret or ConfigMap that it names, in the namespace {namespace}; then run the DAG again.",
        _by_pod(pod_rules.config_error, _is_config),
    ),
    Reason(
        "volume.not-mounted",
        "{task} cannot begin: {pod} cannot mount a volume",
        "{message}",
        "See to it that the folder, claim, Secret or ConfigMap is there, in the namespace {namespace}.",
        _by_pod(placement.not_mounted, _is_mount),
    ),
    Reason(
        "pod.unschedulable",
        "{task} cannot begin: {pod} finds no node",
        "{message}",
        "Ask for less, or for a node that there is: resources and nodeSelector in the task's pod_override, or in "
        "components.task of the file.",
        _by_pod(placement.unschedulable, _is_unscheduled),
    ),
    Reason(
        "task.queued",
        "{task} is queued, and its pod is about to begin",
        "{now}",
        "Wait some seconds; if it stays so: ./airstrip logs scheduler",
        _no_pod_yet,
        is_last_resort=True,
    ),
)
