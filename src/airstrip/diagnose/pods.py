"""Pods that are refused, cannot start, or end again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.diagnose.facts import ContainerFact, Facts
from airstrip.diagnose.match import Match, lines, sentence, subject_of
from airstrip.diagnose.rule import Rule
from airstrip.kube.troubles import CONFIG_REASONS, CRASH_REASONS, IMAGE_REASONS, creation_refused

_NEVER_PULLED = "It is not in the node's image store, and is not to be pulled from anywhere."


def image_missing(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in IMAGE_REASONS:
            said = container.message or container.reason
            message = _NEVER_PULLED if container.reason == "ErrImageNeverPull" else sentence(said)
            fields = {"pod": pod.name, "image": container.image, "message": message}
            yield Match(subject_of(pod), fields, f"{container.reason}: {container.message}")


def config_error(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in CONFIG_REASONS:
            said = container.message or container.reason
            yield Match(subject_of(pod), {"pod": pod.name, "message": sentence(said)}, container.reason)


def crash_loop(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        looping = container.state == "waiting" and container.reason in CRASH_REASONS
        # With its node it ends as Unknown: that is no crash of its own.
        crashed = container.restarts >= 2 and not container.ready and container.last_reason != "Unknown"
        if looping or crashed:
            fields = {"pod": pod.name, "restarts": str(container.restarts), "message": _end_of(container)}
            yield Match(subject_of(pod), fields, lines(container.log))


def job_failed(facts: Facts) -> Iterator[Match]:
    for job in facts.jobs:
        if job.failed:
            logs = [
                container.log
                for pod, container in facts.containers()
                if pod.owner == f"Job/{job.name}" and pod.namespace == job.namespace and container.log
            ]
            fields = {"job": job.name, "message": sentence(job.message or "its pod failed")}
            yield Match(f"{job.namespace}/{job.name}", fields, lines(logs[-1]) if logs else "")


def _refused(code: str) -> Callable[[Facts], Iterator[Match]]:
    """Owners whose last attempt at making a pod was refused so. With pods there, that is past."""

    def matches(facts: Facts) -> Iterator[Match]:
        owned = {(pod.namespace, pod.owner) for pod in facts.pods}
        for event in facts.events:
            if event.reason != "FailedCreate" or creation_refused(event.message) != code:
                continue
            if (event.namespace, event.about) not in owned:
                owner = event.about.partition("/")[2]
                fields = {"owner": owner, "namespace": event.namespace, "message": sentence(event.message)}
                yield Match(f"{event.namespace}/{event.about}", fields)

    return matches


quota = _refused("namespace.quota")
security_violation = _refused("pod.security-violation")


def _end_of(container: ContainerFact) -> str:
    code = container.last_exit_code if container.last_exit_code is not None else container.exit_code
    reason = container.last_reason or container.reason
    if reason == "OOMKilled":
        return "It used more memory than its limit allows, and was killed."
    if code is None:
        return "It does not stay ready: its probe fails."
    return f"Its process ended with exit code {code}; the last log lines say why."


IMAGE_RULES: tuple[Rule, ...] = (
    Rule(
        "image.missing",
        "{pod} cannot get its image {image}",
        "{message}",
        "Build and load it again: ./airstrip up   (with image.ref, check that the reference is right)",
        image_missing,
    ),
)

REFUSAL_RULES: tuple[Rule, ...] = (
    Rule(
        "namespace.quota",
        "{owner} may not make its pods: the quota of {namespace} is used up",
        "{message}",
        "Raise the ResourceQuota of {namespace}, or ask for less.",
        quota,
    ),
    Rule(
        "pod.security-violation",
        "{owner} may not make its pods: {namespace} enforces pod security",
        "{message}",
        "Make the pod keep it; Airstrip's own pods do, so look at what was changed or patched.",
        security_violation,
    ),
)

START_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.config-error",
        "{pod} cannot be started",
        "{message}",
        "Make it again: ./airstrip up",
        config_error,
    ),
)

END_RULES: tuple[Rule, ...] = (
    Rule(
        "job.failed",
        "Job {job} failed",
        "{message}",
        "Mend what its log says, then run: ./airstrip up",
        job_failed,
    ),
    Rule(
        "pod.crash-loop",
        "{pod} ends again and again ({restarts} restarts)",
        "{message}",
        "Mend what its log says, then run: ./airstrip up",
        crash_loop,
    ),
)
