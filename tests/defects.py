"""DAG files with one of each defect, and what `dags check` says of them: for the real Airflow."""

from __future__ import annotations

from pathlib import Path

_FILES = {
    "module.py": "from airflow.sdk import dag\nimport no_such_module\n",
    "provider.py": "from airflow.sdk import DAG\nfrom airflow.providers.amazon.aws.hooks.s3 import S3Hook\n",
    "old_module.py": "from airflow import DAG\nfrom airflow.contrib.operators.ssh_operator import SSHOperator\n",
    "removed.py": """
from airflow import DAG
with DAG(
    "removed",
    schedule_interval="@daily",
): ...
""",
    "syntax.py": '# Not Python, for airflow.\nfrom airflow.sdk import DAG\nDAG("syntax"\n',
    "cycle.py": """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("cycle"):
    first = EmptyOperator(task_id="first")
    second = EmptyOperator(task_id="second")
    first >> second >> first
""",
    "same.py": 'from airflow.sdk import DAG\nwith DAG("same"): ...\n',
    "same_too.py": 'from airflow.sdk import DAG\n\nwith DAG(dag_id="same"): ...\n',
    "smoke_too.py": 'from airflow.sdk import dag\n\n@dag(dag_id="smoke")\ndef any(): ...\nany()\n',
    "serial.py": 'from airflow.sdk import DAG\nwith DAG("serial", default_args={"params": open}): ...\n',
    "variable.py": 'from airflow.sdk import DAG, Variable\nname = Variable.get("dags_check_nobody")\n',
    "hidden.py": 'from airflow.sdk import DAG, Variable\nname = Variable.get("dags_check_password")\n',
    "lite.py": 'import sqlite3\nfrom airflow.sdk import DAG\nsqlite3.connect("/no/such/file")\n',
    "crash.py": "import os\nfrom airflow.sdk import DAG\nos.kill(os.getpid(), 9)\n",
    "slow.py": "import time\nfrom airflow.sdk import DAG\ntime.sleep(3600)\n",
    "names.py": """
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator as PodOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task
from kubernetes.client import models as k8s
BY_SECRET = [k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="no-override"))]
BASE = k8s.V1Container(name="base", env_from=BY_SECRET)
with DAG("names"):
    BashOperator(task_id="pool", bash_command="true", pool="no-pool")
    BashOperator(task_id="template", bash_command="{{ var.value.no_variable }} {{ conn.no_connection.host }}")
    PodOperator(task_id="pod", image="any", configmaps=["no-map"], secrets=[Secret("env", "A", "no-secret", "key")])
    PodOperator.partial(task_id="mapped", image="any", configmaps=["no-other-map"]).expand(arguments=[["a"]])
    SQLExecuteQueryOperator(task_id="sql", sql="select 1", conn_id="no_database")
    @task(executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[BASE]))})
    def override(): ...
    override()
    BashOperator(task_id="a", bash_command="{{ var.value.get('x', '') }} {{ var.json.y | default('') }}")
    BashOperator(task_id="b", bash_command="{% if 0 %}{{ conn.z.host }}{% endif %} var.value.w")
    PodOperator(task_id="c", image="any", configmaps=["theirs"], config_file="/their/kubeconfig")
    PodOperator(task_id="d", image="any", configmaps=["{{ ds }}"], kubernetes_conn_id="kubernetes_default")
    BASE.env = [k8s.V1EnvVar(name="AIRFLOW_CONN_OWN_DATABASE", value="sqlite://")]
    OWN = {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[BASE]))}
    SQLExecuteQueryOperator(task_id="e", sql="select 1", conn_id="own_database", executor_config=OWN)
    SQLExecuteQueryOperator(task_id="other", sql="select 1", conn_id="no_other_database", executor_config=OWN)
""",
    "templates.py": """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
with DAG("templates", user_defined_macros={"tomorrow_ds": "theirs"}):
    BashOperator(task_id="old", bash_command="{{ execution_date.year }} {{ ds }}", env={"A": "{{ f(next_ds) }}"})
    BashOperator(task_id="keys", bash_command="{{ var.json['no key']['in'] }} {{ conn['no-conn'].host }}{{ conn[ds] }}")
    BashOperator(task_id="a", bash_command="{% set prev_ds = ds %}{{ prev_ds }} {{ tomorrow_ds }} {{ dag_run.conf }}")
    BashOperator(task_id="b", bash_command="{{ yesterday_ds | default('') }} {{ ds if conf else '' }} execution_date")
    BashOperator(task_id="f", bash_command="{{ prev_ds_nodash | no_filter }} {{ var.value.behind_a_filter }}")
    BashOperator(task_id="g", bash_command="{% set next_ds = ds %}{{ next_ds | no_filter }}")
""",
}

BROKEN: dict[tuple[str, int | None], str] = {
    ("crash.py", None): "dags.parse-crash",
    ("cycle.py", 6): "dags.cycle",
    ("lite.py", 3): "dags.import-error",
    ("module.py", 2): "dags.missing-package",
    ("old_module.py", 2): "dags.removed",
    ("provider.py", 2): "dags.missing-provider",
    ("removed.py", 5): "dags.removed",
    ("same.py", 2): "dags.duplicate-id",
    ("same_too.py", 3): "dags.duplicate-id",
    ("serial.py", 2): "dags.import-error",
    ("smoke_too.py", 3): "dags.duplicate-id",
    ("syntax.py", 3): "dags.import-error",
    ("variable.py", 2): "dags.missing-variable",
}
"""What Airflow refuses, by file and line. Of `slow.py` and `hidden.py` each test has its own."""

MISSING: dict[tuple[str, int, str], str] = {
    ("names.py", 11, "no-pool"): "dags.missing-pool",
    ("names.py", 12, "no_connection"): "dags.missing-connection",
    ("names.py", 12, "no_variable"): "dags.missing-variable",
    ("names.py", 13, "no-map"): "dags.missing-object",
    ("names.py", 13, "no-secret"): "dags.missing-object",
    ("names.py", 14, "no-other-map"): "dags.missing-object",
    ("names.py", 15, "no_database"): "dags.missing-connection",
    ("names.py", 17, "no-override"): "dags.missing-object",
    ("names.py", 26, "no_other_database"): "dags.missing-connection",
    ("templates.py", 5, "execution_date"): "dags.removed",
    ("templates.py", 5, "next_ds"): "dags.removed",
    ("templates.py", 6, "no key"): "dags.missing-variable",
    ("templates.py", 6, "no-conn"): "dags.missing-connection",
    ("templates.py", 9, "prev_ds_nodash"): "dags.removed",
    ("templates.py", 9, "behind_a_filter"): "dags.missing-variable",
}
"""What fails when it runs, by file, line and name."""


def write_defects(folder: Path, *but: str) -> None:
    """All files but some."""
    for name, text in _FILES.items():
        if name not in but:
            (folder / name).write_text(text)
