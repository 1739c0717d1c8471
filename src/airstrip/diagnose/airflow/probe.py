"""Collects `AirflowFacts`: from Airflow's API, and from what was landed for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airstrip.airflow_api import AirflowClient, Inspection
from airstrip.diagnose.airflow import api_probe, landed_probe
from airstrip.diagnose.airflow.facts import AirflowFacts
from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import Probe
from airstrip.kube import Cluster

API = "airflow"
"""The probe of Airflow's API server: whether it answers, and what it says of the others."""
WORK = "airflow-work"
"""The probe that logs in; what Airflow tells whom it lets in needs it."""


@dataclass(frozen=True)
class AirflowSources:
    """Where these facts come from; each function may raise or hang."""

    deployment: DeploymentFact
    cluster: Callable[[], Cluster]
    airflow: Callable[[], AirflowClient]


def airflow_probes(sources: AirflowSources) -> list[Probe]:
    """Each may raise, and is then recorded as failed. In this order none waits for a later one."""
    deployment, cluster = sources.deployment, sources.cluster

    def adds(collect: Callable[[Facts], AirflowFacts]) -> Callable[[Facts], Facts]:
        return lambda known: Facts(airflow=collect(known))

    def asks(name: str) -> Callable[[Facts], Facts]:
        def ask(known: Facts) -> AirflowFacts:
            client = sources.airflow()
            ahead = known.airflow.ahead if known.airflow else None
            return api_probe.QUESTIONS[name](client, Inspection(client, ahead or 0.0))

        return adds(ask)

    def stored(_: Facts) -> AirflowFacts:
        return api_probe.stored(Inspection(sources.airflow()), lambda: landed_probe.undecrypted(cluster(), deployment))

    return [
        Probe("airflow-objects", adds(lambda _: landed_probe.objects(cluster(), deployment)), (KUBERNETES,)),
        Probe("airflow-logs", adds(lambda _: landed_probe.signs(cluster(), deployment)), (KUBERNETES,)),
        Probe(API, adds(lambda _: api_probe.health(sources.airflow())), (KUBERNETES,)),
        Probe(WORK, adds(lambda _: api_probe.let_in(sources.airflow())), (API,)),
        # Each with a deadline of its own: a slow answer to one keeps none of the others from being seen.
        *(Probe(name, asks(name), (WORK,)) for name in api_probe.QUESTIONS),
        Probe("variables and connections", adds(stored), (WORK,)),
    ]
