"""Its second task is a pod that runs a file beside this one, which prints the word of the version that it sees."""

import os
import runpy
import time
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import Variable, dag, task

from airstrip_pods import project


@dag(schedule=None, is_paused_upon_creation=False)
def in_pod():
    @task
    def begin():
        runpy.run_path(str(Path(__file__).with_name("said.py")))
        for _ in range(300):
            if Variable.get("airstrip_test_go", default=""):
                return
            time.sleep(0.5)
        raise TimeoutError

    pod = KubernetesPodOperator(
        task_id="pod",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["python", "/opt/airflow/dags/said.py"],
        **project("reader").operator,
    )
    begin() >> pod


in_pod()
