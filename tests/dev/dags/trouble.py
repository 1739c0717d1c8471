"""A run that does not: a task that fails twice, and one that only a cluster can run."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("trouble", schedule=None):

    @task(retries=1, retry_delay=timedelta(minutes=5))
    def bad() -> None:
        raise ValueError("no such table")

    @task
    def after_bad() -> None: ...

    @task
    def after_pod() -> None:
        print("after the pod")

    @task(trigger_rule="all_done")
    def always() -> None:
        print("always")

    pod = KubernetesPodOperator(task_id="pod", name="pod", image="busybox", cmds=["true"])
    bad() >> after_bad()
    pod >> after_pod() >> always()

with DAG("slow", schedule=None):
    # The first outlives its shell, and is nobody's child then.
    BashOperator(task_id="sleep", bash_command="sleep 4711 & echo asleep; sleep 4712")
