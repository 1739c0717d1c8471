"""A finding hides what follows from it, and nothing that is about somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import OverdueFact
from airstrip.diagnose.facts import ContainerFact, PodFact, ProbeFact
from airstrip.diagnose.namespace_facts import MissingFact, NamespaceFact
from tests.unit.diagnose.airflow_cases import seen, workload
from tests.unit.diagnose.making import pod, waiting
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
