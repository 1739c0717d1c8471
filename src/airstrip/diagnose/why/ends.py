"""How a task's last try ended: what Kubernetes did to its pod first (ended_pods.py), then what its log says."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from airstrip.diagnose.match import Brief, Composed, Match, lines, sentence
from airstrip.diagnose.why.ended_pods import ENDED_PODS
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.failed import noted, of_failed
from airstrip.diagnose.why.reason import Matches, Reason, found
from airstrip.diagnose.why.words import (
    end_of,
    exception_entry,
    exception_lines,
    last_exception,
    last_of_level,
    matching,
    moment,
)

_EXIT = re.compile(r"container_reason: (?P<reason>\w+), container_message: (?P<said>.*?), exit_code: (?P<code>\d+)")
_EXIT_LOG = re.compile(r"Process exited abnormally.* exit_code=(?P<code>-?\d+)")
_CHILD_SAID = re.compile(r" INFO \[base\] (?P<said>.*)")
_CHILD_EXIT = re.compile(r"'exit_code': (?P<code>[1-9]\d*)")
_TOKEN = re.compile(
    r"ServerResponseError.*(?:Invalid auth token|401|403)|(?:API_SERVER_ERROR|PERMISSION_DENIED): .*Invalid auth token"
)
"""Airflow's own exceptions: users' code speaks with others, who refuse tokens too."""
_COMMIT_GONE = re.compile(r"AirflowException: Version (?P<commit>\S+) not found in the repository")
"""As Airflow's GitDagBundle says it, before the task begins."""
_API = re.compile(r"(?:ApiException|ForbiddenException|UnauthorizedException)[^(]*\((?P<status>401|403)\)")
_SAID = re.compile(r'"message":\s?"((?:[^"\\]|\\.)*)"')
_TIMEOUT = re.compile(r"(?:AirflowTaskTimeout|AirflowSensorTimeout|TaskDeferralTimeout)\b")


@of_failed
def _no_heartbeat(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in noted(facts, "heartbeat timeout"):
        when = f"; noted at {moment(entry.when)}"
        subject = heartbeat_subject(named["dag"], facts.task.task_id if facts.task else "")
        who = f"{named['task']} of {named['dag']}"
        yield found(entry.text, subject, **heartbeat_fields(who, named["dag"], named["logs"], when))


def _token(*, expired: bool) -> Matches:
    @of_failed
    def matches(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
        """A task that could not begin has no exception in its log: there, and in its pod's, any line tells."""
        own = (line for pod, each in facts.cluster.containers() if pod.name in facts.pods for line in each.log)
        for seen in matching([*(exception_entry(facts.log) or facts.log), *own], _TOKEN):
            if bool(SIGNS["token-expired"].search(seen.string)) is expired:
                yield found(Brief(seen.string), task_subject(named["dag"]), **named)

    return matches


@of_failed
def _ended_early(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.scheduler_log, SIGNS["ended-early"]):
        yield found(Brief(seen.string), ENDED_EARLY_SUBJECT, tasks=f"{named['dag']}.{named['task']}")


@of_failed
def _commit_gone(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in matching(facts.log, _COMMIT_GONE):
        yield found(Brief(seen.string), **named, commit=seen["commit"])


@of_failed
def _api(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    entry = exception_entry(facts.log)
    for seen in matching(entry, _API):
        status = seen["status"]
        said = next((found_[1].replace('\\"', '"') for found_ in matching(entry, _SAID)), "it does not say why")
        fix = Composed("Log in again, or make the connection's token anew.")
        if status == "403":
            fix = Composed(
                "Stay in the workers' namespace, the only one that tasks may use; or give the account that right."
            )
        yield found(exception_lines(facts.log), **named, status=status, message=Brief(sentence(said)), fix=fix)


@of_failed
def _timeout(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    message = last_exception(facts.log)
    if _TIMEOUT.search(message):
        yield found(exception_lines(facts.log), **named, message=Brief(sentence(message)))


@of_failed
def _child(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    """Of the pod that an operator made: its exit code, which the operator's exception quotes."""
    if facts.children or "returned a failure" in last_exception(facts.log):
        for seen in matching(facts.log, _CHILD_EXIT):
            pod = next(iter(facts.children), "its pod")
            said = [line["said"] for line in matching(facts.log, _CHILD_SAID)]
            message = Brief(f"It said last: {sentence(said[0])}") if said else Composed("It said nothing.")
            yield found(lines([*reversed(said)]), **named, code=seen["code"], pod=pod, message=message)


@of_failed
def _exception(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    if message := last_exception(facts.log):
        yield found(exception_lines(facts.log), **named, message=Brief(sentence(message)))


@of_failed
def _exit_code(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for seen in (*matching(facts.log, _EXIT_LOG), *matching(facts.scheduler_log, _EXIT)):
        yield found(end_of(facts.log) or Brief(seen.string), **named, code=seen["code"])


@of_failed
def _by_hand(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    for entry in reversed(facts.audit):
        if "patch_task_instance" in entry.event and "failed" in entry.text:
            yield found(entry.text, **named, who=entry.owner or "somebody", when=moment(entry.when))


@of_failed
def _ended(facts: WhyFacts, named: dict[str, str]) -> Iterator[Match]:
    noted = next((entry.text for entry in reversed(facts.audit) if entry.event == "state mismatch"), "")
    said = last_of_level(facts.log, "ERROR", "CRITICAL")
    message = Brief(sentence(said or noted or "Neither Airflow nor its log says why"))
    yield found(end_of(facts.log) or Brief(noted), **named, message=message)


REASONS = (
    *ENDED_PODS,
    Reason.of(HEARTBEAT_TIMEOUT, _no_heartbeat),
    Reason.of(TOKEN_EXPIRED, _token(expired=True)),
    Reason.of(TOKEN_REFUSED, _token(expired=False)),
    Reason(
        "task.commit-gone",
        "{task} could not begin: git has no commit {commit} any more",
        "A forced push took away the commit that its run began with, and its pod clones what the server has.",
        "Run it again, with what is live now: ./airstrip run {dag}. With dags.git.via: sync a run keeps its files "
        "as long as sync.keepHours says.",
        _commit_gone,
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
