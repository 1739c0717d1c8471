"""Pods that cannot start, or end: for reasons of their own, once nothing around them explains it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.facts import ContainerFact, Facts, PodFact
from airstrip.diagnose.failing_probes import PROBE_RULES
from airstrip.diagnose.match import Composed, Match, lines, sentence, subject_of
from airstrip.diagnose.rule import Rule
from airstrip.findings import Explanation
from airstrip.kube.troubles import CONFIG_REASONS, CRASH_REASONS

_PERMISSION = re.compile(r"(Permission denied|Read-only file system)[^/]*(/opt/airflow/(?:logs|dags)[^'\"\s]*)")
_NO_NAMES = re.compile(r"Temporary failure in name resolution|could not translate host name .*: Try again|EAI_AGAIN")
_OOM = "OOMKilled"
_RECENT = 600.0
"""Seconds in which a container that was killed, and runs again, is still told of."""


def config_error(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in CONFIG_REASONS:
            said = container.message or container.reason
            yield Match(subject_of(pod), described.fields(pod, message=sentence(said)), container.reason)


def volume_permission(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        for line in container.log:
            if found := _PERMISSION.search(line):
                fields = {"pod": pod.name, "path": found.group(2)}
                yield Match(subject_of(pod), fields, lines(container.log))


def no_names(facts: Facts) -> Iterator[Match]:
    if facts.dns and facts.dns.service and not facts.dns.endpoints:
        yield Match("dns", {"who": "every pod"}, "Service kube-dns in kube-system has no ready endpoint")
    for pod, container in facts.containers():
        if any(_NO_NAMES.search(line) for line in container.log):
            yield Match(subject_of(pod), {"who": pod.name}, lines(container.log))


def oom_killed(facts: Facts) -> Iterator[Match]:
    for pod, container in _not_well(facts):
        now = container.state in ("terminated", "waiting") and container.reason == _OOM
        before = container.last_reason == _OOM and (not container.ready or (container.last_ended or 0) < _RECENT)
        if now or before:
            fields = {"who": f"{pod.name}/{container.name}", "limit": "", "where": described.memory_limit_of(pod)}
            yield Match(subject_of(pod), fields, "\n".join(filter(None, [_life(pod, container), lines(container.log)])))


def evicted(facts: Facts) -> Iterator[Match]:
    """One finding for all of a component's: the controller makes new ones, and the old ones stay to be read."""
    for pod in facts.pods:
        if pod.phase == "Failed" and pod.reason == "Evicted":
            again = Composed(f"kubectl -n {pod.namespace} delete pod {pod.name}")
            fields = described.fields(pod, message=sentence(pod.message or "Its node does not say why"), again=again)
            yield Match(evicted_subject(pod), fields, f"{pod.reason}: {pod.message}")


def evicted_subject(pod: PodFact) -> str:
    return f"evicted/{subject_of(pod)}"


def init_failing(facts: Facts) -> Iterator[Match]:
    for pod, container in _not_well(facts):
        failed = container.state == "terminated"
        if container.init and (failed or _loops(container) or (container.restarts >= 2 and not container.ready)):
            fields = {"pod": pod.name, "container": container.name, "message": _end_of(container)}
            fields |= described.once_read(pod, container.name)
            yield Match(subject_of(pod), fields, lines(container.log) or _life(pod, container))


def crash_loop(facts: Facts) -> Iterator[Match]:
    for pod, container in _not_well(facts):
        # With its node it ends as Unknown: that is no crash of its own.
        crashed = container.restarts >= 2 and not container.ready and container.last_reason != "Unknown"
        if _loops(container) or crashed:
            fields = {"pod": pod.name, "restarts": str(container.restarts), "message": _end_of(container)}
            fields |= described.once_read(pod, container.name)
            yield Match(subject_of(pod), fields, lines(container.log) or _life(pod, container))


def job_failed(facts: Facts) -> Iterator[Match]:
    for job in facts.jobs:
        if job.failed:
            logs = [
                container.log
                for pod, container in facts.containers()
                if pod.owner == f"Job/{job.name}" and pod.namespace == job.namespace and container.log
            ]
            fields = {"job": job.name, "message": sentence(job.message or "its pod failed")}
            fields |= described.once_read_of_job(job)
            subject = f"{job.namespace}/{job.component or job.name}"
            yield Match(subject, fields, lines(logs[-1]) if logs else f"Job {job.name}: {fields['message']}")


def _not_well(facts: Facts) -> Iterator[tuple[PodFact, ContainerFact]]:
    """Without what ended well, however often it was started before: it stays to be read, and is never ready again."""
    for pod, container in facts.containers():
        done = container.state == "terminated" and container.exit_code == 0
        if _loops(container) or not (done or pod.phase == "Succeeded"):
            yield pod, container


def _loops(container: ContainerFact) -> bool:
    return container.state == "waiting" and container.reason in CRASH_REASONS


def _life(pod: PodFact, container: ContainerFact) -> str:
    """What its status says, where its log says nothing."""
    now = container.reason or container.state
    before = f", before that {container.last_reason}" if container.last_reason else ""
    code = container.last_exit_code if container.last_exit_code is not None else container.exit_code
    ended = f", exit code {code}" if code is not None else ""
    return f"{pod.name}/{container.name}: {now}{before}{ended}, {container.restarts} restarts"


def _end_of(container: ContainerFact) -> str:
    ended = container.last_exit_code
    code = ended if ended is not None else container.exit_code
    if code is None:
        return "It does not stay ready: its probe fails."
    return f"Its process ended with exit code {code}; the last log lines say why."


OOM_KILLED = Explanation(
    "pod.oom-killed",
    "{who} used more memory than its limit allows, and was killed",
    "The limit of its container{limit} is too low for what it does, or it leaks.",
    "Raise it: {where}",
)
EVICTED = Explanation(
    "pod.evicted",
    "{who} was evicted from its node",
    "{message}",
    "Raise the limit that it names, or free room on the node (here: ./airstrip node prune); then: {again}",
)

CONFIG_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.config-error",
        "{who} cannot be started",
        "{message}",
        "Correct what it names {where}",
        config_error,
    ),
)

KILLED_RULES: tuple[Rule, ...] = (
    Rule.of(OOM_KILLED, oom_killed),
    Rule(
        "volume.permission",
        "{pod} may not read or write {path}",
        "It runs as user 50000 in group 0, and the folder, or the export with root squash, is closed to both.",
        "Where the folder is: chown -R 50000:0 FOLDER && chmod -R g+rwX FOLDER",
        volume_permission,
    ),
    Rule(
        "dns.not-resolving",
        "{who} cannot resolve names",
        "The cluster's DNS does not answer: CoreDNS is down, a network policy closes the way to it, or, of names"
        " outside the cluster, the servers that it asks do not.",
        "Look at it: kubectl -n kube-system get pods,endpointslices; on this machine: ./airstrip node status",
        no_names,
    ),
)

END_RULES: tuple[Rule, ...] = (
    Rule.of(EVICTED, evicted),
    Rule(
        "pod.init-failing",
        "{pod} does not start: its init container {container} fails",
        "{message}",
        "Mend what its log says ({logs}), then {again}",
        init_failing,
    ),
    Rule(
        "job.failed",
        "Job {job} failed",
        "{message}",
        "Mend what its log says ({logs}), then {again}",
        job_failed,
    ),
    *PROBE_RULES,
    Rule(
        "pod.crash-loop",
        "{pod} ends again and again ({restarts} restarts)",
        "{message}",
        "Mend what its log says ({logs}), then {again}",
        crash_loop,
    ),
)
