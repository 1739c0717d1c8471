"""Tasks that do not run, or fail, each for a reason of its own. Those that wait have pods that find no node."""

import datetime
import os
import time

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, task
from kubernetes.client import models as k8s

NOWHERE = {"why.example.com/none": "here"}
HOUR = datetime.timedelta(hours=1)
IMAGE = os.environ["AIRSTRIP_AIRFLOW_IMAGE"]


def pod(container=None, **spec):
    """What is other in a task's pod."""
    base = k8s.V1Container(name="base", **(container or {}))
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base], **spec))}


UNSCHEDULABLE = pod(node_selector=NOWHERE)


class Defers(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(HOUR), method_name="execute")


@task
def fine():
    print("FINE")


@task
def raises():
    try:
        int("30th")
    except ValueError as error:
        raise LookupError("no such day: 2026-02-30") from error


@task
def after_raises():
    pass


@task(retries=1, retry_delay=HOUR)
def retried():
    raise RuntimeError("the warehouse is closed")


@task.sensor(mode="reschedule", poke_interval=600)
def sensor():
    print("LOOKED and saw nothing")
    return False


@task(executor_config=pod({"resources": k8s.V1ResourceRequirements(limits={"memory": "320Mi"})}))
def eats_memory():
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1 << 20)))


@task(executor_config=pod({"resources": k8s.V1ResourceRequirements(limits={"memory": "100Mi"})}))
def never_begins():
    """Python alone takes more than that."""


@task
def marked():
    time.sleep(600)


@task
def exits():
    print("EXITING", flush=True)
    os._exit(42)


@task(execution_timeout=datetime.timedelta(seconds=1))
def slow():
    time.sleep(60)


@task
def deleted():
    time.sleep(600)


@task(executor_config=pod({"image": "localhost/nowhere:1"}))
def no_image():
    pass


@task(executor_config=UNSCHEDULABLE)
def no_node():
    pass


@task
def after_no_node():
    pass


NO_SECRET = k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="why-nowhere"))


@task(executor_config=pod({"env_from": [NO_SECRET]}))
def no_secret():
    pass


# The tests' quota lets no pod in that has a deadline.
@task(executor_config=pod(active_deadline_seconds=600))
def over_quota():
    pass


@task(executor_config=pod({"security_context": k8s.V1SecurityContext(privileged=True)}))
def privileged():
    pass


@task(executor_config=pod(host_network=True))
def host_network():
    pass


@task(pool="why-none")
def no_slot():
    pass


@task(pool="why-nowhere")
def no_pool():
    pass


@task(max_active_tis_per_dagrun=1)
def crowded(number):
    time.sleep(600)


@task.branch
def branch():
    return "fine"


@task
def not_chosen():
    pass


@dag(schedule=None)
def why():
    raises() >> after_raises()
    no_node() >> after_no_node()
    branch() >> [fine(), not_chosen()]
    Defers(task_id="deferred")
    for start in (never_begins, marked):
        start()
    for start in (retried, sensor, eats_memory, exits, slow, deleted, no_image, no_secret, over_quota):
        start()
    for start in (privileged, host_network):
        start()
    no_slot()
    no_pool()
    crowded.expand(number=[1, 2])
    operator = {"image": IMAGE, "cmds": ["sh", "-c"], "get_logs": True}
    KubernetesPodOperator(task_id="pod_fails", arguments=["echo IN POD; exit 7"], **operator)
    hoard = {"limits": {"memory": "40Mi"}}
    eats = ["python -c 'bytearray(300 << 20)'"]
    KubernetesPodOperator(
        task_id="pod_eats_memory", arguments=eats, container_resources=k8s.V1ResourceRequirements(**hoard), **operator
    )
    KubernetesPodOperator(task_id="pod_without_image", **{**operator, "image": "localhost/nowhere:2"})
    KubernetesPodOperator(task_id="pod_waits", arguments=["true"], node_selector=NOWHERE, **operator)
    KubernetesPodOperator(task_id="pod_forbidden", arguments=["true"], namespace="default", **operator)


@dag(schedule=None)
def why_paused():
    fine()


@dag(schedule="@daily", start_date=datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC))
def why_later():
    fine()


@dag(schedule=None, max_active_runs=1)
def why_runs():
    no_node()


@dag(schedule=None, max_active_tasks=1)
def why_tasks():
    no_node()
    crowded.expand(number=[1])


@dag(schedule=None, dagrun_timeout=datetime.timedelta(seconds=1))
def why_timeout():
    no_node()


why()
why_paused()
why_later()
why_runs()
why_tasks()
why_timeout()
