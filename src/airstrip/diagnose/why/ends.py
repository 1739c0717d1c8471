"""How a task's last try ended: what Kubernetes did to its pod first, then what its log says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.diagnose.match import Match, lines, sentence
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
    for pod, container in facts.cluster.containers():
        if pod.name in (*facts.pods, *facts.children) and "OOMKilled" in (container.reason, container.last_reason):
            yield found(f"{pod.name}/{container.name}: OOMKilled", **named, limit=_limit(facts))
    for seen in (*matching(facts.scheduler_log, _OOM_SCHEDULER), *matching(facts.log, _OOM_LOG)):
        yield found(short(seen.string), **named, limit=_limit(facts))


def _limit(facts: WhyFacts) -> str:
    limit = _LIMIT.search(facts.task.executor_config) if facts.task else None
    return f" ({limit[1]})" if limit else ""


@_failed
def _evicted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for event in facts.events():
        if event.reason in ("Evicted", "Preempted", "TaintManagerEviction"):
            yield found(f"{event.reason}: {event.message}", **named, message=sentence(event.message))
    for seen in matching([*facts.log, *facts.scheduler_log], _EVICTED):
        yield found(short(seen.string), **named, message=sentence(seen["said"] or "Kubernetes does not say why"))


@_failed
def _lost(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _LOST):
        yield found(short(seen.string), **named, message=sentence(seen["said"]))


@_failed
def _deleted(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, _DELETED):
        yield found(short(seen.string), **named, pod=seen["pod"])


def _noted(event: str) -> Matches:
    """By the scheduler in the audit log."""

    @_failed
    def matches(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
        for entry in reversed(facts.audit):
            if entry.event == event:
                yield found(entry.text, **named, when=moment(entry.when))

    return matches


@_failed
def _token(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    """A task that could not begin has no exception in its log: there, and in its pod's, any line tells."""
    own = (line for pod, container in facts.cluster.containers() if pod.name in facts.pods for line in container.log)
    for seen in matching([*(exception_entry(facts.log) or facts.log), *own], _TOKEN):
        yield found(short(seen.string), **named)


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
    Reason(
        "task.oom-killed",
        "{task} was killed: it used more memory than its limit allows",
        "The kernel ended its process at the limit of its container{limit}.",
        "Give it more: resources.limits.memory in its pod_override, container_resources of an operator; or for all: "
        "components: {{task: {{resources: {{limits: {{memory: 4Gi}}}}}}}} in the file, then ./airstrip up",
        _oom,
    ),
    Reason(
        "pod.evicted",
        "{task} was ended with its pod, which Kubernetes evicted",
        "{message}",
        "Raise the limit that it names, or free room on the node (on this machine: ./airstrip node prune); then run it "
        "again: ./airstrip run {dag}",
        _evicted,
    ),
    Reason(
        "node.lost",
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
        _noted("stuck in queued tries exceeded"),
    ),
    Reason(
        "task.heartbeat-lost",
        "{task} was given up: it had sent no heartbeat for too long",
        "Its pod was ended from outside, hung, or did not reach the API server; noted at {when}.",
        "Look at its log ({logs}) and at ./airstrip status; then run it again: ./airstrip run {dag}",
        _noted("heartbeat timeout"),
    ),
    Reason(
        "task.token-refused",
        "{task} could not speak with Airflow: its token was refused",
        "The API server and the scheduler have different JWT secrets, or the token expired in the queue.",
        "Roll both, so that they read the same Secret: ./airstrip up",
        _token,
    ),
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
    Reason(
        "task.failed",
        "{task} failed",
        "{message}",
        "Read its log ({logs}) and the scheduler's: ./airstrip logs scheduler",
        _ended,
        is_last_resort=True,
    ),
)
