"""A pod of its own for a task, and what it leaves as XCom, in the deployment's own image."""

import os

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, task

ANSWER = '{"answer": 42}'


@dag(schedule=None)
def pod_operator():
    ask = KubernetesPodOperator(
        task_id="ask",
        name="ask",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["sh", "-c"],
        arguments=[f"echo '{ANSWER}' > /airflow/xcom/return.json; echo POD uid=$(id -u)"],
        do_xcom_push=True,
        get_logs=True,
    )

    @task
    def check(result):
        assert result == {"answer": 42}, result
        print(f"POD OPERATOR answer={result['answer']}")

    check(ask.output)


pod_operator()
