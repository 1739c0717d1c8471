"""How a task's last try ended: what Kubernetes did to its pod first, then what its log says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.airflow_api import AuditEntry
from airstrip.diagnose import described
from airstrip.diagnose.airflow.signs import SIGNS
from airstrip.diagnose.airflow.work import (
    ENDED_EARLY,
    ENDED_EARLY_SUBJECT,
    HEARTBEAT_TIMEOUT,
    TOKEN_EXPIRED,
    TOKEN_REFUSED,
    heartbeat_fields,
    heartbeat_subject,
    task_subject,
)
from airstrip.diagnose.facts import PodFact
from airstrip.diagnose.failing_probes import (
    PROBE_FAILING,
    container_of,
    ended_by_probe,
    fields_of,
    told,
    unhealthy,
)
from airstrip.diagnose.match import Match, lines, sentence, subject_of
from airstrip.diagnose.pods import EVICTED, OOM_KILLED, evicted_subject
from airstrip.diagnose.why.facts import WhyFacts, command, label
from airstrip.diagnose.why.reason import Matches, Reason, found
from airstrip.diagnose.why.words import (
    end_of,
    exception_entry,
    exception_lines,
    last_exception,
    last_of_level,
    matching,
    moment,
    short,
)

_OOM_LOG = re.compile(r"Likely out of memory error|'reason': 'OOMKilled'")
_OOM_SCHEDULER = re.compile(r"container_reason: OOMKilled")
_EVICTED = re.compile(r"reason: Evicted, message: (?P<said>.*?), container_type:|'reason': 'Evicted'")
_LOST = re.compile(r"reason: (?:NodeLost|NodeShutdown|Shutdown|Terminated), message: (?P<said>.*?), container_type:")
_DELETED = re.compile(r"[Pp]od (?P<pod>\S+) deleted before it could complete")
_EXIT = re.compile(r"container_reason: (?P<reason>\w+), container_message: (?P<said>.*?), exit_code: (?P<code>\d+)")
_EXIT_LOG = re.compile(r"Process exited abnormally.* exit_code=(?P<code>-?\d+)")
_CHILD_SAID = re.compile(r" INFO \[base\] (?P<said>.*)")
_CHILD_EXIT = re.compile(r"'exit_code': (?P<code>[1-9]\d*)")
_TOKEN = re.compile(
    r"ServerResponseError.*(?:Invalid auth token|401|403)|(?:API_SERVER_ERROR|PERMISSION_DENIED): .*Invalid auth token"
)
"""Airflow's own exceptions: users' code speaks with others, who refuse tokens too."""
_API = re.compile(r"(?:ApiException|ForbiddenException|UnauthorizedException)[^(]*\((?P<status>401|403)\)")
_SAID = re.compile(r'"message":\s?"((?:[^"\\]|\\.)*)"')
_LIMIT = re.compile(r"'limits': \{[^}]*'memory': '([^']+)'")
_TIMEOUT = re.compile(r"(?:AirflowTaskTimeout|AirflowSensorTimeout|TaskDeferralTimeout)\b")


def _failed(matches: Callable[[WhyFacts, dict[str, str]], Iterator[Match]]) -> Matches:
    """Of a task whose last try failed; with its name and its logs' command line."""

    def narrowed(facts: WhyFacts) -> Iterator[Match]:
        if facts.task and facts.has_failed:
            named = {"task": label(facts.task), "logs": command("logs", facts.task), "dag": facts.dag.dag_id}
            yield from matches(facts, named)

    return narrowed


@_failed
def _oom(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    limit = _LIMIT.search(facts.task.executor_config) if facts.task else None
    fields = {"limit": f" ({limit[1]})" if limit else "", "where": described.memory_limit_of_task()}
    for pod, container in facts.cluster.containers():
        if pod.name in (*facts.pods, *facts.children) and "OOMKilled" in (container.reason, container.last_reason):
            said = f"{pod.name}/{container.name}: OOMKilled"
            yield found(said, subject_of(pod), who=f"{named['task']} ({pod.name})", **fields)
    for seen in (*matching(facts.scheduler_log, _OOM_SCHEDULER), *matching(facts.log, _OOM_LOG)):
        yield found(short(seen.string), who=named["task"], **fields)


@_failed
def _evicted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    fields = {"who": named["task"], "again": f"./airstrip run {named['dag']}"}
    there = {f"Pod/{pod.name}": evicted_subject(pod) for pod in facts.cluster.pods}
    for event in facts.events():
        if event.reason in ("Evicted", "Preempted", "TaintManagerEviction"):
            said, about = sentence(event.message), there.get(event.about, "")
            yield found(f"{event.reason}: {event.message}", about, **fields, message=said)
    for seen in matching([*facts.log, *facts.scheduler_log], _EVICTED):
        said = sentence(seen["said"] or "Kubernetes does not say why")
        yield found(short(seen.string), **fields, message=said)


@_failed
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
        yield found(seen, subject_of(pod), **{**fields, "who": f"{named['task']} ({name})", "again": ""})


@_failed
def _lost(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _LOST):
        yield found(short(seen.string), **named, message=sentence(seen["said"]))


@_failed
def _deleted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _DELETED):
        yield found(short(seen.string), **named, pod=seen["pod"])


@_failed
def _stuck(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in _noted(facts, "stuck in queued tries exceeded"):
        yield found(entry.text, **named, when=moment(entry.when))


@_failed
def _no_heartbeat(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in _noted(facts, "heartbeat timeout"):
        when = f"; noted at {moment(entry.when)}"
        subject = heartbeat_subject(named["dag"], facts.task.task_id if facts.task else "")
        who = f"{named['task']} of {named['dag']}"
        yield found(entry.text, subject, **heartbeat_fields(who, named["dag"], named["logs"], when))


def _noted(facts: WhyFacts, event: str) -> Iterator[AuditEntry]:
    """By the scheduler in the audit log, the newest first."""
    return (entry for entry in reversed(facts.audit) if entry.event == event)


def _token(*, expired: bool) -> Matches:
    @_failed
    def matches(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
        """A task that could not begin has no exception in its log: there, and in its pod's, any line tells."""
        own = (line for pod, each in facts.cluster.containers() if pod.name in facts.pods for line in each.log)
        for seen in matching([*(exception_entry(facts.log) or facts.log), *own], _TOKEN):
            if bool(SIGNS["token-expired"].search(seen.string)) is expired:
                yield found(short(seen.string), task_subject(named["dag"]), **named)

    return matches


@_failed
def _ended_early(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, SIGNS["ended-early"]):
        yield found(short(seen.string), ENDED_EARLY_SUBJECT, tasks=f"{named['dag']}.{named['task']}")


@_failed
def _api(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    entry = exception_entry(facts.log)
    for seen in matching(entry, _API):
        status = seen["status"]
        said = next((found_[1].replace('\\"', '"') for found_ in matching(entry, _SAID)), "it does not say why")
        fix = "Log in again, or make the connection's token anew."
        if status == "403":
            fix = "Stay in the workers' namespace, the only one that tasks may use; or give the account that right."
        yield found(exception_lines(facts.log), **named, status=status, message=sentence(short(said)), fix=fix)


@_failed
def _timeout(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    message = last_exception(facts.log)
    if _TIMEOUT.search(message):
        yield found(exception_lines(facts.log), **named, message=sentence(message))


@_failed
def _child(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    """Of the pod that an operator made: its exit code, which the operator's exception quotes."""
    if facts.children or "returned a failure" in last_exception(facts.log):
        for seen in matching(facts.log, _CHILD_EXIT):
            pod = next(iter(facts.children), "its pod")
            said = [line["said"] for line in matching(facts.log, _CHILD_SAID)]
            message = f"It said last: {sentence(short(said[0]))}" if said else "It said nothing."
            yield found(lines([*reversed(said)]), **named, code=seen["code"], pod=pod, message=message)


@_failed
def _exception(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    if message := last_exception(facts.log):
        yield found(exception_lines(facts.log), **named, message=sentence(message))


@_failed
def _exit_code(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in (*matching(facts.log, _EXIT_LOG), *matching(facts.scheduler_log, _EXIT)):
        yield found(end_of(facts.log) or short(seen.string), **named, code=seen["code"])


@_failed
def _by_hand(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in reversed(facts.audit):
        if "patch_task_instance" in entry.event and "failed" in entry.text:
            yield found(entry.text, **named, who=entry.owner or "somebody", when=moment(entry.when))


@_failed
def _ended(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    noted = next((entry.text for entry in reversed(facts.audit) if entry.event == "state mismatch"), "")
    said = last_of_level(facts.log, "ERROR", "CRITICAL")
    message = sentence(said or short(noted) or "Neither Airflow nor its log says why")
    yield found(end_of(facts.log) or short(noted), **named, message=message)


REASONS = (
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
    Reason.of(HEARTBEAT_TIMEOUT, _no_heartbeat),
    Reason.of(TOKEN_EXPIRED, _token(expired=True)),
    Reason.of(TOKEN_REFUSED, _token(expired=False)),
    Reason(
        "task.api-refused",
        "{task} was refused by the Kubernetes API (HTTP {status})",
        "{message}",
        "{fix}",
        _api,
    ),
    Reason(
        "task.timeout",
        "{task} took longer than it may",
        "{message}",
        "Raise execution_timeout (or timeout) of the task, or make it faster. All of its log: {logs}",
        _timeout,
    ),
    Reason(
        "task.pod-failed",
        "{task} failed: the container of {pod} ended with exit code {code}",
        "{message}",
        "Mend what it says, then run it again: ./airstrip run {dag}. All of its log: {logs}",
        _child,
    ),
    Reason(
        "task.exception",
        "{task} failed with an exception",
        "{message}",
        "Mend the task, then run it again: ./airstrip run {dag}. All of its log: {logs}",
        _exception,
    ),
    Reason(
        "task.exit-code",
        "{task} failed: its process ended with exit code {code}",
        "What it runs ended the process by itself; no exception reached Airflow.",
        "Mend the task, then run it again: ./airstrip run {dag}. All of its log: {logs}",
        _exit_code,
    ),
    Reason(
        "task.marked-failed",
        "{task} was marked as failed by {who}",
        "Somebody set its state by hand at {when}.",
        "Clear it in Airflow's UI, or run it again: ./airstrip run {dag}",
        _by_hand,
    ),
    Reason.of(ENDED_EARLY, _ended_early),
    Reason(
        "task.failed",
        "{task} failed",
        "{message}",
        "Read its log ({logs}) and the scheduler's: ./airstrip logs scheduler",
        _ended,
        is_last_resort=True,
    ),
)
