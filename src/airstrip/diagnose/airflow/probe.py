"""Collects `AirflowFacts`: from Airflow's API, and from what was landed for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose.airflow import api_probe, landed_probe
from airstrip.diagnose.airflow.facts import AirflowFacts
from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import Probe
from airstrip.kube import Cluster

API = "airflow"
"""The probe of Airflow's API server: whether it answers, and what it says of the others."""
WORK = "airflow-work"
"""The probe of what Airflow tells whom it lets in."""
_DEADLINE = 3.9
"""Seconds. These two come after the cluster's first answer, one after the other: all three end within 15 s."""


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

    return [
        Probe("airflow-objects", adds(lambda _: landed_probe.objects(cluster(), deployment)), (KUBERNETES,)),
        Probe("airflow-logs", adds(lambda _: landed_probe.signs(cluster(), deployment)), (KUBERNETES,)),
        Probe(API, adds(lambda _: api_probe.health(sources.airflow())), (KUBERNETES,), _DEADLINE),
        Probe(WORK, adds(lambda known: api_probe.work(sources.airflow(), known)), (API,), _DEADLINE),
    ]
