"""What a task's pod has not got and cannot do: it fails where a task could do more than its work needs.

The task needs no database, no key and no account of the cluster: it asks Airflow's Execution API, with a token that is
good for this task alone.
"""

import logging
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

log = logging.getLogger(__name__)

# Airflow puts a stand-in in the database's place, which leads nowhere.
NOT_ALLOWED = "airflow-db-not-allowed:///"
SECRETS = (
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
)
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
PODS = "https://kubernetes.default.svc/api/v1/pods"


def is_writable(folder):
    try:
        (Path(folder) / "probe").write_text("x")
    except OSError:
        return False
    return True


def answer(url):
    """The status that the cluster's API has for somebody without an account."""
    # The authority is in the account's folder, which is not here: nothing is sent, so nobody can be deceived.
    anyone = ssl._create_unverified_context()
    try:
        return urllib.request.urlopen(url, context=anyone, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_isolation():
    @task
    def look():
        if "KUBERNETES_PORT" not in os.environ and not Path("/opt/airflow/dags").is_dir():
            raise AirflowSkipException("This task is not in a pod: nothing keeps it from anything.")
        found = {
            "runs as root": os.getuid() == 0,
            "has a secret of Airflow": any(os.environ.get(name, NOT_ALLOWED) != NOT_ALLOWED for name in SECRETS),
            "has an account of the cluster": ACCOUNT.exists(),
            "lists the cluster's pods": answer(PODS) == 200,
            "changes its image": is_writable("/opt/airflow/venv"),
            "changes DAG files": is_writable("/opt/airflow/dags"),
        }
        for what, is_so in found.items():
            log.info("%s: %s", what, "yes" if is_so else "no")
        assert not any(found.values()), found

    look()


example_isolation()
