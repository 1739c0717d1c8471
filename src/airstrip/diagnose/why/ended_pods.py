"""How Kubernetes ended the pod of a task's last try, or of what its operator made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.facts import PodFact
from airstrip.diagnose.failing_probes import (
    PROBE_FAILING,
    container_of,
    ended_by_probe,
    fields_of,
    told,
    unhealthy,
)
from airstrip.diagnose.match import Brief, Composed, Match, sentence, subject_of
from airstrip.diagnose.pods import EVICTED, OOM_KILLED, evicted_subject
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.failed import noted, of_failed
from airstrip.diagnose.why.reason import Reason, found
from airstrip.diagnose.why.words import matching, moment

_OOM_LOG = re.compile(r"Likely out of memory error|'reason': 'OOMKilled'")
_OOM_SCHEDULER = re.compile(r"container_reason: OOMKilled")
_EVICTED = re.compile(r"reason: Evicted, message: (?P<said>.*?), container_type:|'reason': 'Evicted'")
_LOST = re.compile(r"reason: (?:NodeLost|NodeShutdown|Shutdown|Terminated), message: (?P<said>.*?), container_type:")
_DELETED = re.compile(r"[Pp]od (?P<pod>\S+) deleted before it could complete")
_LIMIT = re.compile(r"'limits': \{[^}]*'memory': '([^']+)'")


@of_failed
def _oom(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    limit = _LIMIT.search(facts.task.executor_config) if facts.task and facts.task_pods else None
    where = described.memory_limit_of_task(has_pod=facts.task_pods)
    fields = {"limit": f" ({limit[1]})" if limit else "", "where": where}
    for pod, container in facts.cluster.containers():
        if pod.name in (*facts.pods, *facts.children) and "OOMKilled" in (container.reason, container.last_reason):
            said = f"{pod.name}/{container.name}: OOMKilled"
            yield found(said, subject_of(pod), who=Composed(f"{named['task']} ({pod.name})"), **fields)
    for seen in (*matching(facts.scheduler_log, _OOM_SCHEDULER), *matching(facts.log, _OOM_LOG)):
        yield found(Brief(seen.string), who=named["task"], **fields)


@of_failed
def _evicted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    fields = {"who": named["task"], "again": Composed(f"./airstrip run {named['dag']}")}
    there = {f"Pod/{pod.name}": evicted_subject(pod) for pod in facts.cluster.pods}
    for event in facts.events():
        if event.reason in ("Evicted", "Preempted", "TaintManagerEviction"):
            said, about = sentence(event.message), there.get(event.about, "")
            yield found(f"{event.reason}: {event.message}", about, **fields, message=said)
    for seen in matching([*facts.log, *facts.scheduler_log], _EVICTED):
        said = sentence(seen["said"] or "Kubernetes does not say why")
        yield found(Brief(seen.string), **fields, message=said)


@of_failed
def _ended_by_probe(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    events = [*facts.events()]
    for killing, probe in ended_by_probe(events):
        name = killing.about.partition("/")[2]
        component = described.TASK if name in facts.pods else ""
        gone = PodFact(killing.namespace, name, component, "", "Failed", 0.0)
        pod = next((pod for pod in facts.cluster.pods if pod.name == name), gone)
        own = [event for event in events if event.about == killing.about]
        fields = described.fields(pod, **fields_of(own, probe, container_of(killing)))
        seen = "\n".join(map(told, [*unhealthy(own, probe), killing]))
        yield found(seen, subject_of(pod), **{**fields, "who": Composed(f"{named['task']} ({name})"), "again": ""})


@of_failed
def _lost(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _LOST):
        yield found(Brief(seen.string), **named, message=sentence(seen["said"]))


@of_failed
def _deleted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _DELETED):
        yield found(Brief(seen.string), **named, pod=seen["pod"])


@of_failed
def _stuck(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in noted(facts, "stuck in queued tries exceeded"):
        yield found(entry.text, **named, when=moment(entry.when))


ENDED_PODS = (
    Reason.of(OOM_KILLED, _oom),
    Reason.of(EVICTED, _evicted),
    Reason.of(PROBE_FAILING, _ended_by_probe),
    Reason(
        "task.node-lost",
        "{task} was ended with its node",
        "{message}",
        "See to the node: ./airstrip status; then run it again: ./airstrip run {dag}",
        _lost,
    ),
    Reason(
        "pod.deleted",
        "{task} was ended: its pod {pod} was deleted while it ran",
        "Somebody deleted it, or the node was drained.",
        "Run it again: ./airstrip run {dag}; retries in the task do that by themselves.",
        _deleted,
    ),
    Reason(
        "task.stuck-in-queue",
        "{task} never began: it was queued longer than scheduler.task_queued_timeout allows",
        "Its pod did not start in that time; Airflow gave it up at {when}.",
        "Read what kept it: ./airstrip logs scheduler; then run it again: ./airstrip run {dag}",
        _stuck,
    ),
)
