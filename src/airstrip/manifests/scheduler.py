"""The scheduler, with the executor in it: it creates task pods, or with the executor `local` runs the tasks itself."""

from __future__ import annotations

from airstrip.manifests.dags import dags_mounts
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import SCHEDULER, SCHEDULER_HEALTH_PORT
from airstrip.manifests.process import FERNET_KEY, JWT_SECRET, Process, Resources, database_url, pod_template
from airstrip.manifests.projects import PROJECTS
from airstrip.manifests.volumes import LOGS, PRIVATE_LOGS, SCRATCH, TEMPLATE, Mount
from airstrip.manifests.workload import deployment

_RESOURCES = Resources(cpu=200, memory=320, memory_limit=1024)
_RESOURCES_WITH_TASKS = Resources(cpu=500, memory=768, memory_limit=3072)


def build_scheduler(inputs: Inputs) -> tuple[Object, ...]:
    """A Deployment. Fernet, because a trigger's arguments are encrypted; JWT, because it signs tasks' tokens."""
    process = Process(
        component=SCHEDULER,
        args=_args(inputs),
        resources=_RESOURCES if inputs.tasks_have_pods else _RESOURCES_WITH_TASKS,
        secrets=(database_url(inputs), FERNET_KEY, JWT_SECRET),
        mounts=_mounts(inputs),
        uses_kubernetes=inputs.tasks_have_pods,
        runs_dags=not inputs.tasks_have_pods,
        ports={"health": SCHEDULER_HEALTH_PORT},
        probes=_probes(),
        # An orderly stop takes about 20 s; cut short, its tasks are adopted only after a timeout.
        grace_seconds=90,
    )
    return (deployment(inputs, SCHEDULER, pod_template(inputs, process)),)


def _args(inputs: Inputs) -> tuple[str, ...]:
    """The API server reads its tasks' logs from the volume: no server for them, and no key of the API's for that."""
    return ("airflow", "scheduler") if inputs.tasks_have_pods else ("airflow", "scheduler", "--skip-serve-logs")


def _mounts(inputs: Inputs) -> tuple[Mount, ...]:
    if inputs.tasks_have_pods:
        return (*SCRATCH, PRIVATE_LOGS, TEMPLATE)
    return (*SCRATCH, LOGS, *dags_mounts(inputs), PROJECTS)


def _probes() -> dict[str, Object]:
    """Its own small server says whether the heartbeat, in the database, is young enough."""
    health = {"httpGet": {"path": "/health", "port": "health"}}
    return {
        "startupProbe": {**health, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 300},
        # Two and a half minutes: longer than a database's restart.
        "livenessProbe": {**health, "periodSeconds": 30, "timeoutSeconds": 15, "failureThreshold": 5},
    }
