"""What task pods of each kind can see and do: looked at from inside, told as one line of JSON."""

import os
from urllib.parse import urlsplit

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, task

CONTROL = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]).hostname.split(".")[1]

LOOK = """
import json, os, pathlib, ssl, urllib.error, urllib.request

control, workers = CONTROL, CONTROL + "-workers"
token = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
# Airflow's own stand-in, which it gives to every task.
placeholder = "airflow-db-not-allowed:///"
words = ("SQL_ALCHEMY_CONN", "FERNET_KEY", "JWT_SECRET", "API__SECRET_KEY", "PASSWORD")

def ask(method, path, body=None):
    request = urllib.request.Request("https://kubernetes.default.svc" + path, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if token.exists():
        request.add_header("Authorization", "Bearer " + token.read_text())
    try:
        return urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code

def files_with_secrets():
    for root in ("/opt/airflow/airstrip", "/opt/airflow/airstrip-dags", "/opt/airflow/home", "/run", "/tmp", "/etc"):
        for folder, _, names in os.walk(root):
            for name in names:
                path = pathlib.Path(folder, name)
                try:
                    content = path.read_bytes() if path.is_file() else b""
                except OSError:
                    continue
                if b"psycopg2://airflow:" in content:
                    yield str(path)

def writable(path):
    try:
        pathlib.Path(path, "probe").write_text("x")
    except OSError:
        return False
    return True

namespace = "/api/v1/namespaces/"
pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"},
       "spec": {"containers": [{"name": "it", "image": "none"}]}}
print("LOOK " + json.dumps({
    "uid": os.getuid(),
    "token": token.exists(),
    "variables": [name for name, value in os.environ.items() if any(word in name for word in words)
                  and value != placeholder],
    "files": list(files_with_secrets()),
    "writable": [path for path in ("/", "/etc", "/opt/airflow", "/opt/airflow/dags", "/opt/airflow/venv")
                 if writable(path)],
    "answers": {
        "list Secrets of the workers": ask("GET", namespace + workers + "/secrets"),
        "list pods of the workers": ask("GET", namespace + workers + "/pods"),
        "list Secrets of the control plane": ask("GET", namespace + control + "/secrets"),
        "list pods of the control plane": ask("GET", namespace + control + "/pods"),
        "create a pod in the control plane": ask("POST", namespace + control + "/pods", pod),
        "list nodes": ask("GET", "/api/v1/nodes"),
    },
}), flush=True)
""".replace("CONTROL,", f"{CONTROL!r},").replace("CONTROL +", f"{CONTROL!r} +")


class LookWithAccount(KubernetesPodOperator):
    """A task that may use the Kubernetes API, by what it is derived from."""

    def execute(self, context):
        exec(LOOK, {})


@dag(schedule=None)
def isolation():
    @task
    def plain():
        exec(LOOK, {})

    plain()
    LookWithAccount(task_id="with_account", name="with-account", image="none")
    KubernetesPodOperator(
        task_id="pod",
        name="pod",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["python", "-c", LOOK],
        get_logs=True,
    )


isolation()
