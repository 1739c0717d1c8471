"""What `doctor` looks at: every probe, with where its facts come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airstrip import times
from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import document
from airstrip.diagnose.airflow.probe import AirflowSources, airflow_probes
from airstrip.diagnose.cluster_probe import cluster_probes
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import LIMIT, Probe, run_probes
from airstrip.diagnose.secret_values import SecretValues
from airstrip.diagnose.task_pods_probe import task_pods_probe
from airstrip.kube import Cluster
from airstrip.place import PlaceFact
from airstrip.redaction import Redaction

STRIKING_SECONDS = 1.5
"""Of the limit, for striking secrets out of what is told."""
KEEPING_SECONDS = 4.0
"""On top of it, for striking them out of all that was seen, where that is to be kept."""


@dataclass(frozen=True)
class Sources:
    """Where facts come from. Each function may raise, hang or be called by several threads at once."""

    deployment: DeploymentFact
    place: Callable[[], PlaceFact]
    cluster: Callable[[], Cluster]
    airflow: Callable[[], AirflowClient]


@dataclass(frozen=True)
class Look:
    """What was seen, as it was seen, for rules: secrets may stand in it. What is told or kept of it is struck out."""

    facts: Facts
    secrets: SecretValues

    def redaction(self, more: object = ()) -> Redaction:
        """For what is told of it, and of what `more` was seen: by and by it has no time left."""
        words = document.words((self.facts, more))
        return self.secrets.redaction(self.facts, words, seconds=STRIKING_SECONDS)

    def kept(self) -> Facts:
        """Without secrets, as far as their form or the cluster's Secrets tell them."""
        return document.with_texts(self.facts, self.secrets.redaction(self.facts, seconds=KEEPING_SECONDS))


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
