"""A pod with resources and a kind of node of its own: an operator's, with its own image too, and a task's own."""

import logging
import platform
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, task
from kubernetes.client import models as k8s

from airstrip_pods import project

EXAMPLES = project("examples")
# Of the library, without Airflow: `airstrip image build python-basic` makes it. Yours is named in the same way.
IMAGE = "localhost/airstrip/tasks/python-basic:current"
RESOURCES = k8s.V1ResourceRequirements(requests={"cpu": "50m", "memory": "128Mi"}, limits={"memory": "384Mi"})
# Every node has this label. Clouds have more: `node.kubernetes.io/instance-type`, those of your own node pools.
NODES = {"kubernetes.io/os": "linux"}
# What the kernel gives to a container, by version 2 and 1 of its control groups.
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
LOOK = f"""
import pathlib, platform
limit = next(int(path.read_text()) for path in map(pathlib.Path, {LIMITS}) if path.exists())
print(f"{{platform.system()}} on {{platform.machine()}}, {{limit >> 20}} MiB")
"""
log = logging.getLogger(__name__)


def own_pod():
    """Of a task under KubernetesExecutor: what is said here, over the deployment's own."""
    pod = EXAMPLES.pod_override
    pod.spec.node_selector = NODES
    pod.spec.containers[0].resources = RESOURCES
    # Its image is the deployment's, with the DAGs where they are in it. One of yours would have to have Airflow of the
    # same version, and then the DAGs too: `pod.spec.containers[0].image = ...`
    return {"pod_override": pod}


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_resources():
    pod = KubernetesPodOperator(
        task_id="pod",
        image=IMAGE,
        cmds=["python", "-c", LOOK],
        # Seconds between two looks at a pod that starts: 5 where nothing is said.
        startup_check_interval_seconds=1,
        **EXAMPLES.operator_with(container_resources=RESOURCES, node_selector=NODES),
    )

    @task(executor_config=own_pod())
    def own():
        limit = next(int(path.read_text()) for path in map(Path, LIMITS) if path.exists())
        log.info("%s on %s, %d MiB", platform.system(), platform.machine(), limit >> 20)

    pod >> own()


example_resources()
