"""What `./airstrip verify` runs: each task looks at one thing from inside its pod, and returns what it saw.

The verb starts the runs, reads the answers and deletes the runs. Nothing here knows what is right.
The DAG processor reads this file all the time: the Kubernetes provider, which is 100 MB and a second of its
time, is imported in the pods of tasks only. Nothing tells it there that they use the Kubernetes API, so
they get their account by name.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import logging
import os
import pathlib
import platform
import socket
import tempfile
from urllib.parse import urlsplit

import airstrip_looks as looks
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseHook, BaseOperator, Variable, dag, get_current_context, task

SETTINGS = {
    "catchup": False,
    "is_paused_upon_creation": True,
    "tags": ["airstrip", "verify"],
    "dagrun_timeout": datetime.timedelta(minutes=10),
    # The file may set other defaults: what fails has failed.
    "default_args": {"retries": 0},
}
IMAGE = os.environ["AIRSTRIP_AIRFLOW_IMAGE"]
WITH_ACCOUNT = {"pod_template_file": "/opt/airflow/airstrip-template/pod-with-account.yaml"}
log = logging.getLogger(__name__)


def given():
    """What the verb gives to a run."""
    return get_current_context()["dag_run"].conf


class Deferred(BaseOperator):
    """Leaves its pod, waits a second in the triggerer, and comes back in another pod."""

    def execute(self, context):  # noqa: ARG002 - Airflow's own signature
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger

        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
        self.defer(trigger=DateTimeTrigger(moment=moment), method_name="resume", kwargs={"before": platform.node()})

    def resume(self, context, event, before):  # noqa: ARG002 - Airflow's own signature
        return {"before": before, "after": platform.node(), "event": str(event)}


@task
def plain():
    """A task as most are: no account, no secrets. Its log is read when its pod is gone."""
    conf, pod = given(), platform.node()
    log.info("airstrip verify %s in %s", conf["mark"], pod)
    # Of a value that is looked for as the secrets are: who does not find it would find none of them.
    with tempfile.NamedTemporaryFile() as canary:
        pathlib.Path(canary.name).write_text(f"url://user:{conf['canary']}@host")
        found = looks.find_secrets(conf["hashes"], conf["mark"])
        sits = canary.name
    secrets = f"/api/v1/namespaces/{conf['workers']}/secrets"
    return {
        "pod": pod,
        "version": importlib.metadata.version("apache-airflow-core"),
        "token": looks.TOKEN.exists(),
        "canary": sits,
        "found": found,
        "attempts": [looks.attempt(f"list Secrets of {conf['workers']}", "GET", secrets)],
    }


@task
def reader(seen):
    """In a pod of its own: what another pod returned came here by XCom."""
    return {"pod": platform.node(), "from": seen["pod"]}


@task
def values():
    """What the secrets backend, or Airflow's own tables, hold; only hashes leave the task."""
    texts = {
        "variable": Variable.get(given()["variable"]),
        "password": BaseHook.get_connection(given()["connection"]).password or "",
    }
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return {**hashes, "held": held(given()["held"])}


def held(names):
    """What the secrets backend of the settings itself says to these, whoever would answer after it; no value."""
    from airflow.sdk.execution_time.secrets import DEFAULT_SECRETS_SEARCH_PATH_WORKERS
    from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

    first, *others = ensure_secrets_backend_loaded()
    if len(others) < len(DEFAULT_SECRETS_SEARCH_PATH_WORKERS):
        return dict.fromkeys(names, "no backend")
    ask = {"variable": first.get_variable, "connection": first.get_connection}
    return {kind: said(ask[kind], name) for kind, name in names.items()}


def said(ask, name):
    try:
        return "nothing" if ask(name) is None else "something"
    except Exception as error:
        log.exception("the secrets backend")
        return type(error).__name__


@task
def network():
    """Who can be reached from a task's pod; an address is [host, port]."""
    execution = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    try:
        dns = bool(socket.getaddrinfo(execution.hostname, execution.port))
    except OSError:
        dns = False
    return {
        "dns": dns,
        "execution-api": looks.reaches(execution.hostname, execution.port or 80),
        **{name: looks.reaches(*address) for name, address in given()["addresses"].items()},
    }


@dag(**SETTINGS, schedule=None, doc_md=__doc__)
def airstrip_verify():
    reader(plain())
    values()
    network()
    Deferred(task_id="deferred")


def run_pod(name, namespace):
    """By a KubernetesPodOperator as any DAG has it. Returns the account that such a task would be given."""
    import airflow_local_settings
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    operator = KubernetesPodOperator(
        task_id=name,
        name=f"airstrip-verify-{name}",
        namespace=namespace,
        image=IMAGE,
        cmds=["python", "-c", f"print('hello from {name}')"],
        # Else it would look for its pod before it makes one, and be refused that.
        reattach_on_restart=False,
        startup_timeout_seconds=90,
        get_logs=True,
    )
    operator.execute(get_current_context())
    airflow_local_settings.task_policy(operator)
    return operator.executor_config["pod_override"].spec.service_account_name


@dag(**SETTINGS, schedule=None)
def airstrip_verify_isolation():
    """The on-prem quick-start's three tasks: the last must be refused, by RBAC and by nothing else."""

    @task
    def run_this_first():
        return platform.node()

    @task(task_id="task", executor_config=WITH_ACCOUNT)
    def in_the_workers_namespace():
        return run_pod("task", given()["workers"])

    @task(task_id="task2", executor_config=WITH_ACCOUNT)
    def in_a_forbidden_namespace():
        return run_pod("task2", given()["forbidden"])

    @task(executor_config=WITH_ACCOUNT)
    def account():
        """What a task with the account may do: asked, and tried."""
        conf = given()
        return looks.look_with_account(conf["workers"], sorted({conf["control"], conf["forbidden"]}), IMAGE)

    run_this_first() >> in_the_workers_namespace() >> in_a_forbidden_namespace()
    account()


@task
def heads():
    return looks.remote_heads()


@dag(**SETTINGS, schedule=None)
def airstrip_verify_git():
    """By itself, for a server that does not answer takes its time. Run only where DAGs come from git."""
    heads()


@dag(**SETTINGS, schedule="@once", start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
def airstrip_verify_schedule():
    """Unpaused for a moment: a run that is due must appear by itself, once. It needs no pod."""
    EmptyOperator(task_id="nothing")


airstrip_verify()
airstrip_verify_isolation()
airstrip_verify_git()
airstrip_verify_schedule()
