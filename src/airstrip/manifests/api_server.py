"""The API server: UI, public API, and the Execution API that tasks speak to."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import API_PORT, API_SERVER
from airstrip.manifests.process import (
    API_SECRET_KEY,
    FERNET_KEY,
    JWT_SECRET,
    Process,
    Resources,
    database_url,
    pod_template,
)
from airstrip.manifests.settings import base_path
from airstrip.manifests.volumes import LOGS_TO_READ, SCRATCH
from airstrip.manifests.workload import deployment, service


def build_api_server(inputs: Inputs) -> tuple[Object, ...]:
    """Service and Deployment."""
    behind_proxy = inputs.spec.expose.ingress is not None
    process = Process(
        component=API_SERVER,
        args=("airflow", "api-server", *(("--proxy-headers",) if behind_proxy else ())),
        resources=Resources(cpu=200, memory=320, memory_limit=1024),
        secrets=(database_url(inputs), FERNET_KEY, API_SECRET_KEY, JWT_SECRET),
        mounts=(*SCRATCH, LOGS_TO_READ),
        # By its NetworkPolicy only the ingress controller and our own pods reach it.
        settings={"FORWARDED_ALLOW_IPS": "*"} if behind_proxy else {},
        # The logs of running tasks.
        uses_kubernetes=inputs.tasks_have_pods,
        ports={"http": API_PORT},
        probes=_probes(base_path(inputs)),
    )
    return (
        service(inputs, API_SERVER, "http", API_PORT, node_port=inputs.platform.api_server_node_port),
        deployment(inputs, API_SERVER, pod_template(inputs, process)),
    )


def _probes(path: str) -> dict[str, Object]:
    """The database must answer once, at the start; afterwards a database that is away restarts nothing."""
    health = {"httpGet": {"path": f"{path}/api/v2/monitor/health", "port": "http"}}
    version = {"httpGet": {"path": f"{path}/api/v2/version", "port": "http"}}
    return {
        "startupProbe": {**health, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 300},
        "readinessProbe": {**version, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        # One process serves everybody: a minute of load is no reason to kill it.
        "livenessProbe": {**version, "periodSeconds": 20, "timeoutSeconds": 15, "failureThreshold": 6},
    }
