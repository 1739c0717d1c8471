"""What Airstrip's own objects and pods have: names and paths that nothing of the file can take.

A test compares this with what is compiled.
"""

from __future__ import annotations

import re

_HOME = "/opt/airflow"
_SCRATCH = {
    "tmp": "/tmp",
    "home": f"{_HOME}/home",
    "airflow-local-settings": f"{_HOME}/airstrip",
}
_DAGS = {
    "dags": f"{_HOME}/dags",
    "airstrip-dags": f"{_HOME}/airstrip-dags",
    # In place of the first, where DAGs come from git.
    "airstrip-git": f"{_HOME}/airstrip-git",
    "airflow-git": "/run/secrets/airflow-git",
}
_LOGS = {"logs": f"{_HOME}/logs"}
_SCRIPTS = {"airstrip-scripts": f"{_HOME}/airstrip-scripts"}
_GIT_SYNC = {"git-sync-secret": "/run/secrets/airflow-git", "git-sync-tmp": "/tmp"}
"""Of git-sync's containers, which run beside the dag-processor's own."""
_PROJECTS = {"airstrip-projects": f"{_HOME}/airstrip-projects"}

OWN_VOLUMES: dict[str, dict[str, str]] = {
    "api-server": {**_SCRATCH, **_LOGS},
    # With the executor `local`, it has the DAGs that its tasks are of.
    "scheduler": {**_SCRATCH, **_LOGS, **_DAGS, **_PROJECTS, "task-pod-template": f"{_HOME}/airstrip-template"},
    "dag-processor": {**_SCRATCH, **_LOGS, **_DAGS, **_SCRIPTS, **_PROJECTS, **_GIT_SYNC},
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

GIT_SYNC_PREFIX = "git-sync-"
"""Of containers: one for each repository that git-sync brings."""

OWN_SECRETS = frozenset({"airflow-admin", "airflow-cli", "airflow-database", "airflow-keys"})

_OWN_URL = re.compile(r"airflow-database-url(-[0-9a-f]{10})?")

_CLAIMS = frozenset({"dags", "logs", "data"})
_HASHED_NAMES = (
    "airflow-database-url",
    "airflow-environment",
    "airflow-git",
    "airflow-local-settings",
    "task-pod-template",
)
_HASHED = re.compile(rf"({'|'.join(_HASHED_NAMES)})(-[0-9a-f]{{10}})?")


def is_own_secret(name: str) -> bool:
    """Whether only the control plane may read it."""
    return name in OWN_SECRETS or bool(_OWN_URL.fullmatch(name))


def is_own_object(name: str, deployment: str) -> bool:
    """Whether an object of a deployment may be called so, in either of its namespaces: they may be one."""
    return (
        name in OWN_VOLUMES
        or name in OWN_SECRETS
        or name in _CLAIMS
        or name in ("migration", "git-check", f"{deployment}-pods")
        or name.startswith("airstrip-")
        or bool(_HASHED.fullmatch(name))
    )
