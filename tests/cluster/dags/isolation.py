"""What a plain task pod can see of the deployment's secrets: nothing."""

import os
from pathlib import Path

from airflow.sdk import dag, task

FORBIDDEN = ("SQL_ALCHEMY_CONN", "FERNET_KEY", "JWT_SECRET", "API__SECRET_KEY", "PASSWORD")
# Airflow's own stand-in, which it gives to every task.
PLACEHOLDER = "airflow-db-not-allowed:///"
TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dag(schedule=None)
def isolation():
    @task
    def look():
        seen = [
            name
            for name, value in os.environ.items()
            if any(word in name for word in FORBIDDEN) and value != PLACEHOLDER
        ]
        root_writable = os.access("/opt/airflow/venv", os.W_OK)
        print(f"ISOLATION names={seen} token={TOKEN.exists()} uid={os.getuid()} venv_writable={root_writable}")

    look()


isolation()
