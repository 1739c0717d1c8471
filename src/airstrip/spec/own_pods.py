"""What components' pods have from Airstrip: names and paths that the file's volumes and sidecars cannot take.

A test compares this with what is compiled.
"""

from __future__ import annotations

_HOME = "/opt/airflow"
_SCRATCH = {
    "tmp": "/tmp",
    "home": f"{_HOME}/home",
    "airflow-local-settings": f"{_HOME}/airstrip",
}
_DAGS = {"dags": f"{_HOME}/dags", "airstrip-dags": f"{_HOME}/airstrip-dags"}
_LOGS = {"logs": f"{_HOME}/logs"}
_SCRIPTS = {"airstrip-scripts": f"{_HOME}/airstrip-scripts"}

OWN_VOLUMES: dict[str, dict[str, str]] = {
    "api-server": {**_SCRATCH, **_LOGS},
    # With the executor `local`, it has the DAGs that its tasks are of.
    "scheduler": {**_SCRATCH, **_LOGS, **_DAGS, "task-pod-template": f"{_HOME}/airstrip-template"},
    "dag-processor": {**_SCRATCH, **_LOGS, **_DAGS, **_SCRIPTS},
    "triggerer": {**_SCRATCH, **_LOGS, **_SCRIPTS},
    "postgresql": {
        "data": "/var/lib/postgresql/data",
        "run": "/var/run/postgresql",
        "tmp": "/tmp",
        "password": "/run/secrets/airflow-database",
    },
    "task": {**_SCRATCH, **_LOGS, **_DAGS},
}
"""Mount paths by volume, by component."""

OWN_CONTAINERS = {**{name: name for name in OWN_VOLUMES}, "task": "base"}
"""The container that a component's own process runs in."""

OWN_SECRETS = frozenset({"airflow-admin", "airflow-cli", "airflow-database", "airflow-keys"})
