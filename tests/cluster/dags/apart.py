"""A project with a namespace of its own: a plain task, and pods that tasks make, the quick-start's way too."""

import json
import os
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, task

from airstrip_pods import open_data, project, task_pod_configmaps, task_pod_secrets, task_pod_volumes

# Of the pod's own cluster: the first domain that names are looked up in.
LOOK = """
import hashlib, json, os
search = next(line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("search"))
secret = hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest()
told = {"namespace": search.partition(".")[0], "region": os.environ["REGION"], "secret": secret}
told["data"] = sorted(os.listdir("/opt/data"))
"""
SAY = 'print("LOOK", json.dumps(told))\n'
RETURN = 'open("/airflow/xcom/return.json", "w").write(json.dumps(told))\n'


def look():
    told = {}
    exec(LOOK, told)  # the same text that the pods have as their program
    return told["told"]


APART = project("apart")


@dag(schedule=None)
def project_apart():
    @task(**APART.task)
    def write():
        with open_data("apart", "first.txt", "w") as file:
            file.write("from apart")
        return look()

    pod = KubernetesPodOperator(
        task_id="pod",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["python", "-c"],
        arguments=[LOOK + RETURN],
        do_xcom_push=True,
        **APART.operator,
    )
    volumes = task_pod_volumes("apart")
    old = KubernetesPodOperator(
        task_id="old",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["python", "-c"],
        arguments=[LOOK + SAY],
        env_from=task_pod_configmaps("apart"),
        secrets=task_pod_secrets("apart"),
        volumes=volumes["volumes"],
        volume_mounts=volumes["volume_mounts"],
    )

    @task
    def elsewhere(first, second):
        told = {"write": first, "pod": second, "seen": Path("/opt/data").exists(), "namespace": namespace()}
        print("TOLD", json.dumps(told))

    written = write()
    written >> [pod, old]
    [pod, old] >> elsewhere(written, pod.output)


def namespace():
    lines = Path("/etc/resolv.conf").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("search")).partition(".")[0]


project_apart()
