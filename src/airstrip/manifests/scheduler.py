"""The scheduler, with the KubernetesExecutor in it: the only one that creates task pods."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import SCHEDULER, SCHEDULER_HEALTH_PORT
from airstrip.manifests.process import DATABASE_URL, FERNET_KEY, JWT_SECRET, Process, Resources, pod_template
from airstrip.manifests.volumes import PRIVATE_LOGS, SCRATCH, TEMPLATE
from airstrip.manifests.workload import deployment


def build_scheduler(inputs: Inputs) -> tuple[Object, ...]:
    """A Deployment. Fernet, because a trigger's arguments are encrypted; JWT, because it signs tasks' tokens."""
    process = Process(
        component=SCHEDULER,
        args=("airflow", "scheduler"),
        resources=Resources(cpu=200, memory=320, memory_limit=1024),
        secrets=(DATABASE_URL, FERNET_KEY, JWT_SECRET),
        mounts=(*SCRATCH, PRIVATE_LOGS, TEMPLATE),
        uses_kubernetes=True,
        ports={"health": SCHEDULER_HEALTH_PORT},
        probes=_probes(),
        # An orderly stop takes about 20 s; cut short, its tasks are adopted only after a timeout.
        grace_seconds=90,
    )
    return (deployment(inputs, SCHEDULER, pod_template(inputs, process)),)


def _probes() -> dict[str, Object]:
    """Its own small server says whether the heartbeat, in the database, is young enough."""
    health = {"httpGet": {"path": "/health", "port": "health"}}
    return {
        "startupProbe": {**health, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 300},
        # Two and a half minutes: longer than a database's restart.
        "livenessProbe": {**health, "periodSeconds": 30, "timeoutSeconds": 15, "failureThreshold": 5},
    }
