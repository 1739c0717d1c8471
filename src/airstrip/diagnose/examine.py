"""What `doctor` looks at: every probe, with where its facts come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airstrip import times
from airstrip.airflow_api import AirflowClient
from airstrip.diagnose.airflow.probe import AirflowSources, airflow_probes
from airstrip.diagnose.cluster_probe import cluster_probes
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.look import STRIKING_SECONDS, Look
from airstrip.diagnose.probes import LIMIT, Probe, run_probes
from airstrip.diagnose.secret_values import SecretValues
from airstrip.diagnose.task_pods_probe import task_pods_probe
from airstrip.kube import Cluster
from airstrip.place import PlaceFact


@dataclass(frozen=True)
class Sources:
    """Where facts come from. Each function may raise, hang or be called by several threads at once."""

    deployment: DeploymentFact
    place: Callable[[], PlaceFact]
    cluster: Callable[[], Cluster]
    airflow: Callable[[], AirflowClient]


def examine(sources: Sources) -> Look:
    """Looks at everything once; ends within 8 s, whatever does not answer, and raises nothing."""
    known = Facts(
        deployment=sources.deployment,
        collected=times.now().isoformat(timespec="seconds"),
    )
    about_airflow = AirflowSources(sources.deployment, sources.cluster, sources.airflow)
    secrets = SecretValues(sources.cluster, sources.deployment)
    probes = [
        Probe("place", lambda _: Facts(place=sources.place())),
        *cluster_probes(sources.cluster, sources.deployment),
        *airflow_probes(about_airflow),
        task_pods_probe(sources.deployment, sources.cluster, sources.airflow),
        secrets.probe(),
    ]
    return Look(run_probes(probes, known, limit=LIMIT - STRIKING_SECONDS), secrets)


def look_at_cluster(cluster: Cluster, deployment: DeploymentFact) -> Look:
    """What the cluster alone tells."""
    secrets = SecretValues(lambda: cluster, deployment)
    probes = [*cluster_probes(lambda: cluster, deployment), secrets.probe()]
    return Look(run_probes(probes, Facts(deployment=deployment), limit=LIMIT - STRIKING_SECONDS), secrets)
