"""Collects `AirflowFacts`: from Airflow's API, and from what was landed for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose.airflow.facts import AirflowFacts
from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import Probe
from airstrip.kube import Cluster


@dataclass(frozen=True)
class AirflowSources:
    """Where these facts come from; each function may raise or hang."""

    deployment: DeploymentFact
    cluster: Callable[[], Cluster]
    airflow: Callable[[], AirflowClient]


def airflow_probes(sources: AirflowSources) -> list[Probe]:
    """Each may raise, and is then recorded as failed."""
    return [Probe("airflow", lambda _: _facts(sources), needs=(KUBERNETES,))]


def _facts(sources: AirflowSources) -> Facts:
    return Facts(airflow=AirflowFacts(version=sources.airflow().version()))
