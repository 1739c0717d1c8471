"""Pods in the workers' namespace, and in no other: the on-prem quick-start's three tasks.

How many of them ran tells the cause, as that document gave it: none, the scheduler does not work; one,
tasks do not reach the Kubernetes API; two, all is well; three, tasks may make pods anywhere.
"""

from __future__ import annotations

from typing import Final

from airstrip.kube.admission import EXPLANATIONS, cause_and_fix, refusal_in
from airstrip.operations.properties.elsewhere import who_granted
from airstrip.operations.properties.names import FORBIDDEN, ISOLATION
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.refusals import by_another, by_rbac
from airstrip.operations.properties.scene import Ended, Scene

_NAME: Final = "isolation"
_TAKE_BACK = "Take back what was changed: ./airstrip up"
_GOING_ON = ("waiting", "scheduled", "queued", "running")
_CHAIN = ("run_this_first", "task", "task2")


def isolation(scene: Scene) -> Outcome:
    if not scene.tasks_have_pods:
        return not_applicable(
            "with airflow.executor: local, tasks run in the scheduler's pod and have no rights at all"
        )
    ended = scene.ended(ISOLATION)
    judge = (_none_ran, _one_ran, _two_ran, _three_ran)[sum(ended.state(name) == "success" for name in _CHAIN)]
    return judge(scene, ended)


def _none_ran(scene: Scene, ended: Ended) -> Outcome:
    first = _CHAIN[0]
    return failed(
        _NAME,
        f"none of the three tasks ran: {first} is {ended.state(first)}",
        "The scheduler is unhappy: it does not run, may not make pods in the workers' namespace, or they do not start.",
        "Read its log: ./airstrip logs scheduler",
        _end(scene, first),
    )


def _one_ran(scene: Scene, ended: Ended) -> Outcome:
    state = ended.state("task")
    cause, fix = _of_going_on() if state in _GOING_ON else _of_refusal(scene)
    return failed(_NAME, f"only the first of the three tasks ran: task is {state}", cause, fix, _end(scene, "task"))


def _of_going_on() -> tuple[str, str]:
    return (
        "It has not come to its end in the time of --timeout: its pod, or the one that it made, waits or is slow.",
        "See what it waits for: ./airstrip doctor; give it longer: ./airstrip verify --timeout 600",
    )


def _of_refusal(scene: Scene) -> tuple[str, str]:
    """Cause and fix, by who did not let the task make its pod."""
    log = "\n".join(scene.log(ISOLATION, "task"))
    workers = scene.session.spec.namespaces.workers
    refusal = refusal_in(log)
    if refusal and refusal.code in EXPLANATIONS:
        return f"{workers} refuses the pod: {refusal.words}.", cause_and_fix(refusal, workers)[1]
    if other := by_another(log):
        return f"{workers} refuses the pod: {other}.", _TAKE_BACK
    if by_rbac(log):
        said = f"The account {scene.account} may not make pods in {workers}: its Role or RoleBinding was changed."
        return said, _TAKE_BACK
    return "Tasks do not reach the Kubernetes API, or the pod did not come to its end: its log says which.", _TAKE_BACK


def _two_ran(scene: Scene, ended: Ended) -> Outcome:
    """It must be the authorizer's word, and so must be the review's: else something else only stood in the way."""
    if ended.state("task2") != "failed":
        return _not_refused(scene, f"task2 is {ended.state('task2')}")
    log = "\n".join(scene.log(ISOLATION, "task2"))
    if not by_rbac(log, "create"):
        return _not_refused(scene, by_another(log) or "its log does not name the authorizer")
    creates = (scene.returned(ISOLATION, "account") or {}).get("creates", {})
    workers = scene.session.spec.namespaces.workers
    if creates.get(workers, {}).get("allowed") is not True or creates.get(FORBIDDEN, {}).get("allowed") is not False:
        return failed(
            _NAME,
            f"the cluster does not say that tasks may make pods in {workers} only",
            "Its authorizer says otherwise, or could not be asked.",
            who_granted(scene.account),
            str(creates)[:500],
        )
    given = scene.returned(ISOLATION, "task")
    if given != scene.account:
        return failed(
            _NAME,
            f"task_policy gives the account {given} to a KubernetesPodOperator, not {scene.account}",
            "A policy of the deployment's own airflow_local_settings changes it.",
            "Look at that file: its hooks run first, and what they set stays.",
        )
    if granted := scene.elsewhere.over_pods:
        return failed(
            _NAME,
            f"the pod in {FORBIDDEN} was refused, but {granted[0]}",
            f"The account {scene.account} has rights beyond its namespace.",
            who_granted(scene.account),
            "\n".join(map(str, granted)),
        )
    return proved(f"two of three tasks ran; the pod in {FORBIDDEN} was refused by RBAC", limits=scene.elsewhere.unseen)


def _three_ran(scene: Scene, ended: Ended) -> Outcome:
    return failed(
        _NAME,
        f"all three tasks ran: a task made a pod in the namespace {FORBIDDEN}",
        f"The account {scene.account} has rights beyond its namespace.",
        who_granted(scene.account),
        "\n".join(f"{name}: {ended.state(name)}" for name in _CHAIN),
    )


def _not_refused(scene: Scene, what: str) -> Outcome:
    return failed(
        _NAME,
        f"the third task did not run, but not for want of rights: {what}",
        "Something else stood in its way; without that it might have run.",
        f"Read its log: ./airstrip logs {ISOLATION} task2",
        _end(scene, "task2"),
    )


def _end(scene: Scene, task_id: str) -> str:
    return "\n".join(scene.log(ISOLATION, task_id)[-15:])
