"""Pods of tasks that are over: left by the executor, or by a task that ended before its pod did."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.facts import SUCCESS_OVERTIME, Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.namespace_facts import TaskPodFact
from airstrip.diagnose.rule import Rule

_GRACE = 15.0
"""Seconds in which the executor, or the operator, takes its pod away itself."""
_UPLOADING = 60.0
"""Seconds for its log, which is stored once its callbacks and listeners have ended."""
_OVER = ("success", "failed", "skipped", "upstream_failed", "removed")
_AT_WORK = ("Pending", "Running")
_DONE = ("Succeeded", "Failed")


def left_over(facts: Facts) -> list[tuple[TaskPodFact, str]]:
    """Each pod with the reason why nobody needs it."""
    overtime = facts.deployment.success_overtime if facts.deployment else SUCCESS_OVERTIME
    found = ((pod, _reason(pod, overtime)) for pod in facts.task_pods)
    return [(pod, reason) for pod, reason in found if reason]


def orphans(facts: Facts) -> Iterator[Match]:
    return _matches(facts, operator=False)


def left_by_operators(facts: Facts) -> Iterator[Match]:
    return _matches(facts, operator=True)


def _matches(facts: Facts, *, operator: bool) -> Iterator[Match]:
    """One finding for all of a namespace."""
    found: dict[str, list[str]] = {}
    for pod, reason in left_over(facts):
        if pod.operator is operator:
            found.setdefault(pod.namespace, []).append(f"{pod.name}: {reason}")
    for namespace, seen in found.items():
        fields = {"count": str(len(seen)), "namespace": namespace, "pods": "pod" if len(seen) == 1 else "pods"}
        yield Match(f"task-pods/{namespace}/{operator}", fields, "\n".join(seen))


def _reason(pod: TaskPodFact, overtime: float) -> str:
    """Empty for a pod that is, or may be, wanted: Airflow is told of a task's end before its process has ended."""
    grace = overtime + _UPLOADING if pod.phase in _AT_WORK else _GRACE
    task = f"task {pod.dag}.{pod.task}"
    if pod.state == "gone" and pod.age > _GRACE:
        return f"Airflow does not know its {task} or its run any more"
    if pod.state in _OVER and pod.ended > grace and pod.age > _GRACE:
        done = "has ended and was not taken away" if pod.phase in _DONE else f"is {pod.phase} still"
        return f"its {task} is over ({pod.state}), and it {done}"
    return ""


TASK_POD_RULES: tuple[Rule, ...] = (
    Rule(
        "pod.left-by-operator",
        "{count} {pods} of pod operators in {namespace} outlived their tasks",
        "The task ended, was cleared or was deleted while its pod ran, or its operator keeps finished pods.",
        "See them and delete them: ./airstrip doctor --clean",
        left_by_operators,
    ),
    Rule(
        "pod.orphan",
        "{count} task {pods} in {namespace} outlived their tasks",
        "The scheduler was started anew before it had taken them away, or the DAG run was deleted.",
        "See them and delete them: ./airstrip doctor --clean",
        orphans,
    ),
)
