"""Projects for DAG authors: a project's pods, data and databases by its name, on a laptop and in a cloud alike.

Importing this imports the standard library only: fsspec, SQLAlchemy, Kubernetes and Airflow come when they are used.
"""

from airstrip_pods.data import data_url, open_data
from airstrip_pods.databases import database, database_url
from airstrip_pods.errors import ProjectError
from airstrip_pods.exchange import argument, parse_value, return_xcom
from airstrip_pods.pods import task_pod_configmaps, task_pod_secrets, task_pod_volumes
from airstrip_pods.projects import Project, project

__version__ = "0.1.0"

__all__ = [
    "Project",
    "ProjectError",
    "argument",
    "data_url",
    "database",
    "database_url",
    "open_data",
    "parse_value",
    "project",
    "return_xcom",
    "task_pod_configmaps",
    "task_pod_secrets",
    "task_pod_volumes",
]
