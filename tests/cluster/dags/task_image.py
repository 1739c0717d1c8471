"""A task in an image of its own, by the name that `image build` gives it."""

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

with DAG("task_image"):
    KubernetesPodOperator(
        task_id="pod",
        image="localhost/airstrip/tasks/mine:current",
        cmds=["python", "-c"],
        arguments=[
            "import os, httpx, airstrip_pods; "
            "print('READ', os.getuid(), os.getgid(), 'airstrip_pods', airstrip_pods.__version__)"
        ],
    )
