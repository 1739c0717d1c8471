"""How rules look at `AirflowFacts`: empty where nothing was seen, and what was logged from either place."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.airflow.facts import AirflowFacts
from airstrip.diagnose.airflow.signs import find_signs
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import subject_of

AIRFLOW_COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def airflow(facts: Facts) -> AirflowFacts:
    return facts.airflow or AirflowFacts()


def subject(facts: Facts, component: str) -> str:
    """As `subject_of` one of its pods."""
    namespace = facts.deployment.control if facts.deployment else ""
    return f"{namespace}/{component}"


def control_of(facts: Facts) -> str:
    """The control plane's namespace, for a command."""
    return facts.deployment.control if facts.deployment else "NAMESPACE"


def secret_subject(namespace: str, name: str) -> str:
    return f"secret/{namespace}/{name}"


def probe_failed(facts: Facts, name: str) -> str:
    """The code with which a probe failed; empty where it did not."""
    return next((probe.code for probe in facts.probes if probe.name == name and probe.state == "failed"), "")


def signs_of(facts: Facts, sign: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(subject, component, lines): who logged this in the last minute, or failed with it."""
    for pod, container in facts.containers():
        found = () if container.ready else find_signs(container.log).get(sign, ())
        if found:
            yield subject_of(pod), pod.component or pod.name, found
    for fact in airflow(facts).signs:
        if fact.sign == sign:
            yield subject(facts, fact.component), fact.component, tuple(fact.lines)
