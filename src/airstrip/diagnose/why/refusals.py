"""A task that gets no pod, or whose operator gets none: in the words of the API server, as the scheduler or the task
logged them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.match import Brief, Match, sentence
from airstrip.diagnose.missing import ACCOUNT_RULES, about
from airstrip.diagnose.namespace_rules import FORBIDDEN, TERMINATING
from airstrip.diagnose.refusals import quota_subject
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.pods import explaining, started
from airstrip.diagnose.why.reason import Matches, Reason, found
from airstrip.diagnose.why.words import matching
from airstrip.kube import admission
from airstrip.kube.admission import EXPLANATIONS, POD_REFUSED, Refusal

_REFUSED = re.compile(rf"(?:Message: |\"message\":\s?\"|body: )(?P<said>.*(?:{admission.REFUSED}).*)")
_SENT = re.compile(r"'namespace': '([\w-]+)'")
_TERMINATING = "namespace.terminating"


def _words(facts: WhyFacts) -> Iterator[str]:
    """The API server's, on pods that it did not take, the newest first."""
    texts = [*facts.scheduler_log, *(entry.text for entry in facts.audit if entry.event == "state mismatch")]
    if any(started(facts, name) for name in facts.pods):
        # The task's own pod began: refused is one that it asked for itself.
        texts = [*facts.log] if facts.has_failed else []
    for refusal in matching([line for text in texts for line in text.split("\n")], _REFUSED):
        yield admission.message_in(refusal[0]) or refusal["said"].replace('\\"', '"')


def _refusals(facts: WhyFacts, code: str) -> Iterator[tuple[str, Refusal | None]]:
    """By one code; with none, by nobody that is known."""
    for said in _words(facts):
        refusal = admission.refusal_in(said)
        if (refusal.code if refusal else "") == code:
            yield said, refusal


def _refused(code: str) -> Matches:
    @explaining
    def matches(facts: WhyFacts) -> Iterator[Match]:
        for said, refusal in _refusals(facts, code):
            name = refusal.name if refusal else ""
            namespace = _namespace_of(facts, said, name if code == "namespace.quota" else "")
            subject = quota_subject(namespace, name) if code == "namespace.quota" else ""
            named = {"who": facts.task_label, "namespace": namespace, "name": name, "where": described.OF_TASKS}
            yield found(Brief(said), subject, **named, message=Brief(sentence(said)))

    return matches


def _namespace_of(facts: WhyFacts, said: str, quota: str = "") -> str:
    """Where the refusal does not say it: a project with a namespace of its own has its quota there, and its tasks are
    sent there by their pod_override."""
    of_quotas = (each.namespace for each in facts.cluster.quotas if each.name == quota)
    sent = _SENT.search(facts.task.executor_config) if facts.task else None
    return admission.namespace_in(said) or next(of_quotas, sent[1] if sent else facts.namespace)


@explaining
def _no_account(facts: WhyFacts) -> Iterator[Match]:
    for said, refusal in _refusals(facts, "account.missing"):
        name = refusal.name if refusal else ""
        namespace = _namespace_of(facts, said)
        yield found(Brief(said), about(namespace, "ServiceAccount"), names=name, name=name, namespace=namespace)


@explaining
def _terminating(facts: WhyFacts) -> Iterator[Match]:
    for said, _ in _refusals(facts, _TERMINATING):
        namespace = _namespace_of(facts, said)
        yield found(Brief(said), f"namespace/{namespace}", namespace=namespace)


@explaining
def _no_right(facts: WhyFacts) -> Iterator[Match]:
    """Of the scheduler. What a task may not do is told by how it ended."""
    for said, refusal in () if facts.log else _refusals(facts, admission.RBAC):
        if refusal:
            account = refusal.name.rpartition(":")[2]
            namespace = _namespace_of(facts, said)
            right = f"{refusal.verb} {refusal.resource} in {namespace}"
            yield found(Brief(said), f"rights/{account}/{namespace}", account=account, right=right)


@explaining
def _unknown(facts: WhyFacts) -> Iterator[Match]:
    for said, _ in () if facts.log else _refusals(facts, ""):
        yield found(Brief(said), who=facts.task_label, message=Brief(sentence(said)), where=described.OF_TASKS)


REASONS = (
    *(Reason.of(known, _refused(code)) for code, known in EXPLANATIONS.items()),
    *(Reason.of(rule.explanation, _no_account) for rule in ACCOUNT_RULES),
    Reason.of(TERMINATING, _terminating),
    Reason.of(FORBIDDEN, _no_right),
    Reason.of(POD_REFUSED, _unknown),
)
