"""What was landed and is not there any more, or cannot go: namespaces, objects, rights, components."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.diagnose import failing_probes, refusals
from airstrip.diagnose.access_rules import UNREACHABLE
from airstrip.diagnose.facts import Facts, PodFact
from airstrip.diagnose.match import Match
from airstrip.diagnose.namespace_facts import WorkloadFact
from airstrip.diagnose.rule import Rule, in_control
from airstrip.findings import Explanation

_STUCK = 10.0
"""Seconds beyond the time by which it was to be gone."""
_STARTING = 120.0
_UNREADY = 20.0
_WORKLOADS = ("Deployment", "StatefulSet")
_RIGHTS = ("Role", "RoleBinding")
_SAID_ELSEWHERE = (*_WORKLOADS, *_RIGHTS, "ServiceAccount", "ConfigMap")


def namespace_absent(facts: Facts) -> Iterator[Match]:
    for namespace in facts.namespaces:
        if not namespace.phase:
            seen = f"Namespace {namespace.name}: not found"
            yield Match(f"namespace/{namespace.name}", {"namespace": namespace.name}, seen)


def not_landed(facts: Facts) -> Iterator[Match]:
    seen = facts.probe("components")
    if facts.deployment and seen and seen.state == "ok" and not facts.workloads:
        nothing = f"namespace {facts.deployment.control}: no Deployment or StatefulSet of {facts.deployment.name}"
        fields = {"name": facts.deployment.name, "namespace": facts.deployment.control}
        yield Match(f"namespace/{facts.deployment.control}", fields, nothing)


def namespace_terminating(facts: Facts) -> Iterator[Match]:
    held = {stuck.name: stuck.finalizers for stuck in facts.stuck if stuck.kind == "Namespace"}
    for namespace in facts.namespaces:
        if namespace.phase == "Terminating":
            seen = ", ".join(held.get(namespace.name, ()))
            yield Match(f"namespace/{namespace.name}", {"namespace": namespace.name}, f"finalizers: {seen}")


def pod_stuck(facts: Facts) -> Iterator[Match]:
    for stuck in facts.stuck:
        if stuck.kind == "Pod" and stuck.seconds > _STUCK:
            held = (
                f"Finalizers hold it: {', '.join(stuck.finalizers)}." if stuck.finalizers else "Its node does not say."
            )
            fields = {"pod": stuck.name, "namespace": stuck.namespace, "held": held, "seconds": f"{stuck.seconds:.0f}"}
            seen = f"Pod {stuck.name}: terminating, finalizers: {', '.join(stuck.finalizers) or 'none'}"
            yield Match(f"stuck/{stuck.namespace}/{stuck.name}", fields, seen)


def _missing(*kinds: str) -> Callable[[Facts], Iterator[Match]]:
    """One finding for all of a kind in a namespace."""

    def matches(facts: Facts) -> Iterator[Match]:
        names: dict[tuple[str, str], list[str]] = {}
        for missing in facts.missing:
            if missing.kind in kinds or (not kinds and missing.kind not in _SAID_ELSEWHERE):
                names.setdefault((missing.kind, missing.namespace), []).append(missing.name)
        for (kind, namespace), found in names.items():
            fields = {"kind": kind, "names": ", ".join(found), "namespace": namespace}
            seen = "\n".join(f"{kind} {namespace}/{name}: not found" for name in found)
            subjects = [f"{namespace}/{name}" for name in found] if kind in _WORKLOADS else []
            yield Match(next(iter(subjects), f"missing/{namespace}/{kind}"), fields, seen, subjects)

    return matches


def forbidden(facts: Facts) -> Iterator[Match]:
    """One finding for all that an account lacks in a namespace."""
    denied: dict[tuple[str, str], list[str]] = {}
    for access in facts.access:
        if not access.allowed:
            right = f"{access.verb} {access.resource} in {access.namespace}"
            denied.setdefault((access.account, access.namespace), []).append(right)
    for (account, namespace), rights in denied.items():
        fields = {"account": account, "right": rights[0], "namespace": namespace}
        yield Match(f"rights/{account}/{namespace}", fields, "\n".join(rights))


def scaled_to_zero(facts: Facts) -> Iterator[Match]:
    for workload in facts.workloads:
        if workload.wanted == 0:
            seen = f"{workload.kind} {workload.name}: spec.replicas is 0"
            yield Match(f"{workload.namespace}/{workload.component}", _fields(workload), seen)


def not_ready(facts: Facts) -> Iterator[Match]:
    """Only what has had its time to start: without pods, with pods that are not ready for a while, or with fewer than
    it wants, of which one was refused."""
    for workload in facts.workloads:
        pods = [pod for pod in facts.pods if pod.component == workload.component and not pod.is_ready]
        late = [pod for pod in pods if pod.age > _STARTING and pod.unready > _UNREADY]
        has_any = any(pod.component == workload.component for pod in facts.pods) or _has_ending(facts, workload)
        refused = [refusals.evidence(event) for event in refusals.refusals_of(facts, workload)]
        if workload.ready < workload.wanted and (late or refused or (not has_any and workload.wanted)):
            seen = [line for pod in late for line in _unready(facts, pod)] or [_counted(workload), *refused]
            yield Match(f"{workload.namespace}/{workload.component}", _fields(workload), "\n".join(seen))


def _has_ending(facts: Facts, workload: WorkloadFact) -> bool:
    """Whether one of its pods has its time to end: a StatefulSet makes the next one after it."""
    ending = (each for each in facts.stuck if each.kind == "Pod" and each.seconds <= _STUCK)
    return any((each.namespace, each.component) == (workload.namespace, workload.component) for each in ending)


def _unready(facts: Facts, pod: PodFact) -> Iterator[str]:
    yield f"{pod.name}: {pod.phase}, not ready for {pod.unready:.0f} s"
    events = facts.events_about("Pod", pod.name, pod.namespace, pod.uid)
    yield from map(failing_probes.told, failing_probes.unhealthy(events))


def _counted(workload: WorkloadFact) -> str:
    return f"{workload.kind} {workload.name}: {workload.ready} of {workload.wanted} pods ready"


def _fields(workload: WorkloadFact) -> dict[str, str]:
    counted = {"ready": str(workload.ready), "wanted": str(workload.wanted)}
    return {"component": workload.component, "namespace": workload.namespace, **counted}


TERMINATING = Explanation(
    "namespace.terminating",
    "the namespace {namespace} is being deleted",
    "Somebody deleted it; until it is gone, nothing can be made in it.",
    "Wait until it is gone, then land it again: ./airstrip up",
)
FORBIDDEN = Explanation(
    "access.forbidden",
    "{account} may not {right}",
    "Its Role or RoleBinding was changed, so the API server answers 403.",
    "Apply it again: ./airstrip up",
)

NAMESPACE_RULES: tuple[Rule, ...] = (
    Rule(
        "namespace.absent",
        "the namespace {namespace} is not there",
        "Airflow was not landed yet, or somebody deleted it with all that was in it.",
        "Land it again: ./airstrip up",
        namespace_absent,
        UNREACHABLE,
    ),
    Rule.of(TERMINATING, namespace_terminating),
    Rule(
        "deployment.not-landed",
        "Airflow is not on {name}: it has no component",
        "`up` did not get that far, or somebody deleted all of it.",
        "Run: ./airstrip up   (as root, or with sudo)",
        not_landed,
        UNREACHABLE,
    ),
)

NAMESPACE_CODES = frozenset(rule.code for rule in NAMESPACE_RULES)
NOTHING_THERE = in_control(NAMESPACE_CODES)
"""Without the control namespace nothing of Airflow is as it was landed; another one explains only what is in it."""

LANDED_RULES: tuple[Rule, ...] = (
    Rule(
        "access.missing",
        "{kind} {names} of {namespace} is not there any more",
        "Somebody deleted it: the components that it gave rights to are refused by the API server.",
        "Make it again: ./airstrip up",
        _missing(*_RIGHTS),
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
    Rule.of(FORBIDDEN, forbidden, NOTHING_THERE, NAMESPACE_CODES | {"access.missing"}),
    Rule(
        "object.missing",
        "{kind} {names} of {namespace} is not there any more",
        "Somebody deleted it.",
        "Make it again: ./airstrip up",
        _missing(),
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
    Rule(
        "component.missing",
        "{kind} {names} of {namespace} is not there any more",
        "Somebody deleted it, or `up` was interrupted.",
        "Make it again: ./airstrip up",
        _missing(*_WORKLOADS),
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
    Rule(
        "component.scaled-to-zero",
        "{component} is scaled to zero",
        "Somebody scaled it by hand.",
        "Apply it again: ./airstrip up",
        scaled_to_zero,
    ),
)

STUCK_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.stuck-terminating",
        "{pod} in {namespace} should be gone since {seconds} s",
        "{held}",
        "Mend what holds it; where nothing will: kubectl -n {namespace} delete pod {pod} --force --grace-period=0",
        pod_stuck,
    ),
)

NOT_READY = Explanation(
    "component.not-ready",
    "{component}: {ready} of {wanted} ready",
    "Its pods were not made, cannot start, or do not pass their probe.",
    "Read its log: ./airstrip logs {component}",
)

NOT_READY_RULES: tuple[Rule, ...] = (Rule.of(NOT_READY, not_ready, UNREACHABLE | NOTHING_THERE, NAMESPACE_CODES),)
