"""Deletes pods that outlived their tasks."""

from __future__ import annotations

from dataclasses import replace

from airstrip.answers import CleanData, CleanedPod
from airstrip.diagnose import Facts, diagnose, left_over, task_pods_probe
from airstrip.diagnose.namespace_facts import TaskPodFact
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster
from airstrip.operations.examination import deployment_fact
from airstrip.operations.session import Session
from airstrip.result import Result
from airstrip.targets.target import Confirm

_CONFLICT = 409
_GRACE = 5
"""Seconds for their processes: nobody waits for what they still do."""


def clean(session: Session, confirm: Confirm) -> Result[CleanData]:
    """Lists them, and deletes them once `confirm` agrees. A namespace that we may not look into is a finding.

    Raises where the cluster or Airflow does not answer.
    """
    spec, cluster = session.spec, session.cluster
    deployment = deployment_fact(spec)
    probe = task_pods_probe(deployment, lambda: cluster, lambda: session.airflow)

    def look() -> Facts:
        return replace(probe.collect(Facts()), deployment=deployment)

    seen = look()
    found = left_over(seen)
    rows: list[CleanedPod] = [
        {"namespace": pod.namespace, "pod": pod.name, "dag": pod.dag, "task": pod.task, "reason": reason}
        for pod, reason in found
    ]
    deleted = 0
    if rows and confirm(_question(rows)):
        # The question may have stood for long: a task that is tried again takes its operator's pod up again.
        still = {pod.uid for pod, _ in left_over(look())}
        deleted = sum(_delete(cluster, pod) for pod, _ in found if pod.uid in still)
    closed = diagnose(Facts(probes=tuple(replace(went, name=probe.name) for went in seen.probes)))
    return Result("doctor", {"name": spec.name, "pods": rows, "deleted": deleted}, closed, 3 if closed else 0)


def _delete(cluster: Cluster, pod: TaskPodFact) -> bool:
    """By its uid: a pod of the same name may be another task's by now."""
    try:
        return cluster.delete(
            "v1", "Pod", pod.name, pod.namespace, grace_seconds=_GRACE, preconditions={"uid": pod.uid}
        )
    except KubernetesError as error:
        if error.status != _CONFLICT:
            raise
        return False


def _question(rows: list[CleanedPod]) -> str:
    each = "\n".join(f"  {row['namespace']}/{row['pod']}: {row['reason']}" for row in rows)
    return f"{each}\nDelete {'this pod' if len(rows) == 1 else f'these {len(rows)} pods'}?"
