"""A finding hides what follows from it, and nothing that is about somebody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import OverdueFact, SignFact, TaskFact
from airstrip.diagnose.facts import ClaimFact, ContainerFact, PodFact, ProbeFact
from airstrip.diagnose.namespace_facts import AccessFact, MissingFact, NamespaceFact
from tests.unit.diagnose.airflow_cases import ENDED_EARLY, seen, workload
from tests.unit.diagnose.making import HERE, pod, waiting
from tests.unit.diagnose.place_cases import PLACE_CASES

NO_ANSWER = ProbeFact("airflow", "failed", "no answer", 5.0, "airflow.unreachable", "It hangs.", "Mend it.")
LOOPS = waiting("CrashLoopBackOff", restarts=4, last_exit_code=1, log=("boom",))
NO_SECRET = waiting("CreateContainerConfigError", 'secret "theirs" not found')
NO_CONFIG = waiting("CreateContainerConfigError", "container has runAsNonRoot")


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in diagnose(facts)]


def of_a_user(container: ContainerFact) -> PodFact:
    return replace(pod("", container), namespace="airflow-workers", name="theirs", owner="")


@pytest.mark.parametrize(
    ("container", "code"),
    [(LOOPS, "pod.crash-loop"), (NO_SECRET, "secret.missing"), (NO_CONFIG, "pod.config-error")],
)
def test_a_user_s_pod_is_not_why_airflow_does_not_answer(container: ContainerFact, code: str) -> None:
    facts = replace(seen(NO_ANSWER), pods=(of_a_user(container),))
    assert codes(facts) == [code, "airflow.unreachable"]


@pytest.mark.parametrize("component", ["api-server", "postgresql"])
@pytest.mark.parametrize("container", [LOOPS, NO_CONFIG])
def test_its_own_pod_and_the_database_s_are(component: str, container: ContainerFact) -> None:
    (finding,) = diagnose(replace(seen(NO_ANSWER), pods=(pod(component, container),)))
    assert finding.about == f"airflow/{component}"


def test_a_triggerer_that_is_scaled_to_zero_is_not_why_airflow_does_not_answer() -> None:
    stopped = (workload("triggerer", 0), workload("api-server"))
    assert codes(replace(seen(NO_ANSWER), workloads=stopped)) == ["component.scaled-to-zero", "airflow.unreachable"]
    assert codes(replace(seen(NO_ANSWER), workloads=(workload("api-server", 0),))) == ["component.scaled-to-zero"]


def test_of_components_that_are_gone_the_second_explains_what_it_is_for_too() -> None:
    gone = tuple(MissingFact("Deployment", "airflow", name) for name in ("triggerer", "api-server"))
    assert codes(replace(seen(NO_ANSWER), missing=gone)) == ["component.missing"]
    assert codes(replace(seen(NO_ANSWER), missing=gone[:1])) == ["component.missing", "airflow.unreachable"]


def test_only_what_schedules_explains_what_is_not_scheduled() -> None:
    late = seen(overdue=(OverdueFact("daily", 61.0),))
    assert codes(replace(late, pods=(of_a_user(LOOPS),))) == ["pod.crash-loop", "dag.overdue"]
    assert codes(replace(late, pods=(pod("triggerer", LOOPS),))) == ["pod.crash-loop", "dag.overdue"]
    assert codes(replace(late, pods=(pod("scheduler", LOOPS),))) == ["pod.crash-loop"]


@pytest.mark.parametrize("code", ["node.not-yours", "kubernetes.certificate-expired", "kubernetes.timeout"])
def test_little_room_on_the_disk_is_not_why_a_cluster_cannot_be_asked(code: str) -> None:
    full = PLACE_CASES["host.disk-nearly-full"][0].place
    assert codes(replace(PLACE_CASES[code][0], place=full)) == ["host.disk-nearly-full", code]


def test_little_room_on_the_disk_is_not_why_a_namespace_is_gone() -> None:
    full = PLACE_CASES["host.disk-nearly-full"][0]
    facts = replace(full, namespaces=(NamespaceFact("airflow", ""),))
    assert codes(facts) == ["host.disk-nearly-full", "namespace.absent"]


def test_a_project_s_namespace_that_is_gone_explains_only_what_was_in_it() -> None:
    here = replace(HERE, projects=("sales-pods",))
    gone = (NamespaceFact("airflow", "Active"), NamespaceFact("airflow-workers", "Active"))
    missing = (
        MissingFact("ConfigMap", "sales-pods", "sales"),
        MissingFact("RoleBinding", "sales-pods", "scheduler"),
        MissingFact("ServiceAccount", "sales-pods", "airflow-pods"),
        MissingFact("RoleBinding", "airflow-workers", "scheduler"),
        MissingFact("ConfigMap", "airflow", "airflow-settings"),
        MissingFact("Deployment", "airflow", "triggerer"),
    )
    denied = tuple(
        AccessFact("scheduler", "create", "pods", namespace, allowed=False)
        for namespace in ("airflow-workers", "sales-pods", "airflow")
    )
    late = replace(workload("scheduler"), ready=0, wanted=1)
    facts = Facts(here, missing=missing, access=denied, workloads=(late,))
    told = diagnose(replace(facts, namespaces=(*gone, NamespaceFact("sales-pods", "Terminating"))))
    assert [(finding.code, finding.about) for finding in told] == [
        ("namespace.terminating", "namespace/sales-pods"),
        ("config-map.missing", "missing/airflow/ConfigMap"),
        ("access.missing", "missing/airflow-workers/RoleBinding"),
        ("access.forbidden", "rights/scheduler/airflow"),
        ("component.missing", "airflow/triggerer"),
        ("component.not-ready", "airflow/scheduler"),
    ]


@pytest.mark.parametrize("phase", ["", "Terminating"])
def test_without_the_control_namespace_there_is_nothing_else_to_tell(phase: str) -> None:
    missing = (MissingFact("ConfigMap", "airflow-workers", "sales"), MissingFact("Deployment", "airflow", "triggerer"))
    facts = Facts(HERE, namespaces=(NamespaceFact("airflow", phase),), missing=missing)
    assert codes(facts) == ["namespace.terminating" if phase else "namespace.absent"]


QUEUED = TaskFact("daily", "r", "load", "queued", 4000.0, "default_pool")
NO_IMAGE = waiting("ImagePullBackOff", 'Back-off pulling image "x"')
NO_NODE = "0/1 nodes are available: 1 Insufficient memory."
IN_USE = (
    "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
    " access mode."
)


def of_a_task(container: ContainerFact | None = None, **more: Any) -> PodFact:
    return pod("task", container, namespace="airflow-workers", owner="", **more)


def test_a_user_s_pod_that_does_not_start_is_not_why_tasks_wait() -> None:
    waits = seen(waiting=(QUEUED,))
    assert codes(replace(waits, pods=(of_a_user(NO_IMAGE),))) == ["image.missing", "task.queued-long"]
    theirs = replace(of_a_user(waiting("ContainerCreating")), unschedulable=NO_NODE)
    assert codes(replace(waits, pods=(theirs,))) == ["pod.unschedulable", "task.queued-long"]


def test_a_task_s_pod_that_does_not_start_is() -> None:
    waits = seen(waiting=(QUEUED,))
    assert codes(replace(waits, pods=(of_a_task(NO_IMAGE),))) == ["image.missing"]
    assert codes(replace(waits, pods=(of_a_task(unschedulable=NO_NODE),))) == ["pod.unschedulable"]


def test_only_a_task_s_pod_that_was_killed_is_why_a_task_ended_early() -> None:
    ended = seen(signs=(SignFact("ended-early", "scheduler", "scheduler-1", (ENDED_EARLY,)),))
    killed = ContainerFact("main", "i", "terminated", "OOMKilled", exit_code=137)
    assert codes(replace(ended, pods=(of_a_task(killed, phase="Failed"),))) == ["pod.oom-killed"]
    assert codes(replace(ended, pods=(of_a_user(killed),))) == ["pod.oom-killed", "task.ended-early"]


@pytest.mark.parametrize(
    ("phase", "code"),
    [("Bound", "pod.unschedulable"), ("Pending", "volume.not-bound"), ("Lost", "volume.lost")],
)
def test_only_a_claim_without_a_volume_is_why_its_pod_finds_no_node(phase: str, code: str) -> None:
    waits = pod("api-server", unschedulable=IN_USE, claims=("logs",))
    assert codes(Facts(pods=[waits], claims=[ClaimFact("airflow", "logs", phase)])) == [code]
