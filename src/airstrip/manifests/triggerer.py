"""The triggerer: waits for deferred tasks. A StatefulSet, because its logs are read from it by host name."""

from __future__ import annotations

from airstrip.manifests.main_loop import main_loop_probe, main_loop_started
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import SETTINGS_DIR, TRIGGER_LOG_PORT, TRIGGERER
from airstrip.manifests.process import (
    API_SECRET_KEY,
    FERNET_KEY,
    Process,
    Resources,
    database_url,
    pod_template,
)
from airstrip.manifests.volumes import LOGS, SCRATCH, SCRIPTS
from airstrip.manifests.workload import headless_service, stateful_set


def build_triggerer(inputs: Inputs) -> tuple[Object, ...]:
    """Headless Service and StatefulSet. The API's secret key, because it signs who may read logs."""
    process = Process(
        component=TRIGGERER,
        args=("airflow", "triggerer"),
        resources=Resources(cpu=50, memory=256, memory_limit=1024),
        secrets=(database_url(inputs), FERNET_KEY, API_SECRET_KEY),
        mounts=(*SCRATCH, SCRIPTS, LOGS),
        # Deferred pod operators watch their pods; unlike tasks, triggers do not try the pod's own account.
        settings={"KUBECONFIG": f"{SETTINGS_DIR}/kubeconfig"},
        uses_kubernetes=inputs.tasks_have_pods,
        ports={"logs": TRIGGER_LOG_PORT},
        probes={
            "startupProbe": main_loop_started(TRIGGER_LOG_PORT),
            "livenessProbe": main_loop_probe(),
        },
        grace_seconds=60,
    )
    return (
        headless_service(inputs, TRIGGERER, "logs", TRIGGER_LOG_PORT),
        stateful_set(inputs, TRIGGERER, pod_template(inputs, process)),
    )
