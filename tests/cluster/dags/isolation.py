"""What task pods of each kind can see and do: looked at from inside, told as one line of JSON."""

import os
from urllib.parse import urlsplit

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag, task

CONTROL = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]).hostname.split(".")[1]

LOOK = """
import hashlib, json, os, pathlib, re, ssl, urllib.error, urllib.request

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

def is_secret(content):
    # Whole, and every word in it that could be a token: as itself, in a URL, after a name, in base64.
    words = [content, content.strip(), *re.findall(rb"[A-Za-z0-9_-]{16,}=*", content),
             *re.findall(rb"[A-Za-z0-9+/]{16,}=*", content)]
    return any(hashlib.sha256(word).hexdigest() in hashes for word in words)

def files(*roots):
    for root in roots:
        for folder, folders, names in os.walk(root):
            if folder == "/opt/airflow" and "venv" in folders:
                folders.remove("venv")
            yield from ((path, read(path)) for path in (pathlib.Path(folder, name) for name in names))

def read(path):
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""  # closed to the pod's user, as it is to the task

def files_with_secrets():
    own = [pathlib.Path(f"/proc/{process}/environ") for process in ("self", 1)]
    for path, content in files("/opt/airflow", "/var", "/run", "/tmp", "/etc", "/home", "/root", "/mnt", "/srv"):
        if is_secret(content):
            yield str(path)
    yield from (str(path) for path in own if is_secret(read(path)))

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
    "tokens": sorted({str(path.resolve()) for path, content in files("/var/run/secrets", "/run/secrets")
                      if re.search(rb"eyJ[A-Za-z0-9_-]+[.]eyJ", content)}),
    "hashed": len(hashes),
    "values": [name.decode() for name, value in os.environb.items() if is_secret(value)],
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


# Of this length, as our secrets are; it is looked for among them, to see that what is there is found.
CANARY = "a-canary-that-is-found-wherever-it-sits"


def look(hashes):
    exec(LOOK, {"hashes": hashes})


class LookWithAccount(KubernetesPodOperator):
    """A task that may use the Kubernetes API, by what it is derived from."""

    def execute(self, context):
        look(context["dag_run"].conf["hashes"])


@dag(schedule=None)
def isolation():
    @task
    def plain(dag_run=None):
        look(dag_run.conf["hashes"])

    plain()
    LookWithAccount(task_id="with_account", name="with-account", image="none")
    KubernetesPodOperator(
        task_id="pod",
        name="pod",
        image=os.environ["AIRSTRIP_AIRFLOW_IMAGE"],
        cmds=["python", "-c", "import os; hashes = os.environ['HASHES'].split(',')" + LOOK],
        env_vars={"HASHES": "{{ dag_run.conf['hashes'] | join(',') }}", "CANARY": f"url://user:{CANARY}@host"},
        get_logs=True,
    )


isolation()
