"""A project's settings, secret, data and pool: seen by a plain task, and by a pod that a task makes."""

import os
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, get_current_context, task

from airstrip_pods import open_data, project

# The folder is seen without the package, too, as any image sees it.
LOOK = """
import hashlib, os
secret = hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest()
with open("/opt/data/first.txt") as file:
    text = file.read()
with open("/opt/data/second.txt", "w") as file:
    file.write(text + " and back")
token = os.path.exists("/var/run/secrets/kubernetes.io/serviceaccount/token")
groups = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max")
memory = next(open(path).read().strip() for path in groups if os.path.exists(path))
told = dict(region=os.environ["REGION"], secret=secret, text=text, token=token, memory=memory)
print("LOOK", told, os.listdir("/opt/data"))
"""


def look(name):
    own = project(name)

    @dag(dag_id=f"project_{name}", schedule=None)
    def looks():
        @task(**own.task)
        def write():
            import hashlib

            with open_data(name, "first.txt", "w") as file:
                file.write(f"from {name}")
            secret = hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest()
            pool = get_current_context()["ti"].task.pool
            print("WRITE", {"region": os.environ["REGION"], "secret": secret, "pool": pool, "uid": os.getuid()})

        @task(**own.task)
        def read():
            with open_data(name, "second.txt", "r") as file:
                print("READ", file.read(), sorted(path.name for path in Path("/opt/data").iterdir()))

        pod = KubernetesPodOperator(
            task_id="pod",
            name="pod",
            image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
            cmds=["python", "-c"],
            arguments=[LOOK],
            get_logs=True,
            **own.operator,
        )
        write() >> pod >> read()

    return looks()


sales = look("sales")
rides = look("rides")
