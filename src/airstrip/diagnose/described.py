"""Where a pod, a Job or a claim is described, as the end of a fix: who wants another one changes it there."""

from __future__ import annotations

from airstrip.diagnose.facts import ClaimFact, Facts, JobFact, PodFact
from airstrip.diagnose.match import Composed

TASK = "task"
"""The component of the executor's pods."""
_SHOWN = ("migration", "git-check")
"""Components with Jobs whose logs `./airstrip logs` shows."""
_RUN = "run: ./airstrip up"
_LAND = f"then {_RUN}"
_MEMORY = "resources.limits.memory"
_OF_SOMEBODY = "in the arguments of its operator, or in its own manifest"
OF_TASKS = Composed(f"in the task's pod_override, or of all tasks under components.{TASK} in the file, {_LAND}")


def fields(pod: PodFact, **more: str) -> dict[str, str]:
    """What the texts of a pod's troubles name: `who` has it, which is more than the pod where that is a task's."""
    named = {"who": pod.name, "pod": pod.name, "namespace": pod.namespace, "where": of_pod(pod)}
    return {**named, **more}


def of_pod(pod: PodFact) -> Composed:
    """Pods without a component are not Airstrip's: an operator made them, or somebody."""
    if pod.component == TASK:
        return OF_TASKS
    if pod.component:
        return _of_component(pod.component)
    return Composed(f"where the pod is made: {_OF_SOMEBODY}")


def once_read(pod: PodFact, container: str) -> dict[str, str]:
    """Of a container whose log tells what to mend: the log, and what to do then."""
    log = f"kubectl -n {pod.namespace} logs {pod.name} -c {container}"
    return {"logs": Composed(log), "again": Composed(_again(pod))}


def _again(pod: PodFact) -> str:
    if pod.component == TASK:
        return f"change it {OF_TASKS}"
    return _RUN if pod.component else f"change it where it is made: {_OF_SOMEBODY}"


def once_read_of_job(job: JobFact) -> dict[str, str]:
    """One without a component is not Airstrip's, which does not land it."""
    in_its = f"kubectl -n {job.namespace}"
    log = f"./airstrip logs {job.component}" if job.component in _SHOWN else f"{in_its} logs job/{job.name}"
    again = _RUN if job.component else f"make it anew, or delete it: {in_its} delete job {job.name}"
    return {"logs": Composed(log), "again": Composed(again)}


def claim_made_again(claim: ClaimFact) -> Composed:
    """Once it is deleted. `up` makes none that it did not make before."""
    return Composed(_RUN if claim.component else f"make it anew: kubectl -n {claim.namespace} apply -f FILE")


def claim_that_fits(claim: ClaimFact) -> Composed:
    """Instead of one that no volume fits."""
    if claim.component:
        return Composed("let Airstrip make it: ./airstrip up")
    in_its = f"kubectl -n {claim.namespace}"
    return Composed(f"put another one in its place: {in_its} delete pvc {claim.name}; {in_its} apply -f FILE")


def of_owner(facts: Facts, namespace: str, kind: str, name: str) -> Composed:
    """Of the pods that a workload makes."""
    ours = any(each.namespace == namespace and each.name == name for each in facts.workloads)
    return _of_component(name) if ours else Composed(f"in what makes its pods, {kind} {name}")


def memory_limit_of(pod: PodFact) -> Composed:
    if pod.component == TASK:
        return memory_limit_of_task()
    if pod.component:
        return Composed(f"components.{pod.component}.{_MEMORY} in the file, {_LAND}")
    return Composed("where the pod is made: container_resources of its operator, or its own manifest")


def memory_limit_of_task(*, has_pod: bool = True) -> Composed:
    """Whose process may have been killed in its own pod, without one in the scheduler's; or in one that its operator
    made."""
    if not has_pod:
        in_scheduler = f"components.scheduler.{_MEMORY} in the file, {_LAND}"
        return Composed(f"container_resources of an operator; or, of all tasks together, {in_scheduler}")
    return Composed(
        f"{_MEMORY} in the task's pod_override, container_resources of an operator; or of all tasks"
        f" components.{TASK}.{_MEMORY} in the file, {_LAND}"
    )


def _of_component(component: str) -> Composed:
    return Composed(f"under components.{component} in the file, {_LAND}")
