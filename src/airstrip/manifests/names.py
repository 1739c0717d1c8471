"""Names, ports and paths that more than one component uses."""

from __future__ import annotations

API_SERVER = "api-server"
SCHEDULER = "scheduler"
DAG_PROCESSOR = "dag-processor"
TRIGGERER = "triggerer"
MIGRATION = "migration"
POSTGRESQL = "postgresql"
GIT_CHECK = "git-check"
VOLUME_CHECK = "volume-check"
TASK = "task"
PROJECT = "project"

AIRFLOW_COMPONENTS = (API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER)

API_PORT = 8080
SCHEDULER_HEALTH_PORT = 8974
TASK_LOG_PORT = 8793
TRIGGER_LOG_PORT = 8794
POSTGRESQL_PORT = 5432

AIRFLOW_HOME = "/opt/airflow"
DAGS_DIR = "/opt/airflow/dags"
LOGS_DIR = "/opt/airflow/logs"
BUILT_IN_DAGS_DIR = "/opt/airflow/airstrip-dags"
SETTINGS_DIR = "/opt/airflow/airstrip"
"""Of our local settings and airflow.cfg. Not AIRFLOW_HOME/config: an image's own settings lie there."""
SCRIPTS_DIR = "/opt/airflow/airstrip-scripts"
TEMPLATE_DIR = "/opt/airflow/airstrip-template"
PROJECTS_DIR = "/opt/airflow/airstrip-projects"
"""With a file of the variable's name that it is the text of: see files/settings/airflow_local_settings.py."""
TEMPLATE_FILE = "pod.yaml"
ACCOUNT_TEMPLATE_FILE = "pod-with-account.yaml"
"""Of tasks that use the Kubernetes API, where the built-in DAGs name it: see files/dags/verify.py."""
GIT_DIR = "/opt/airflow/airstrip-git"
VOLUMES_DIR = "/opt/airflow/airstrip-volumes"
GIT_SECRET_DIR = "/run/secrets/airflow-git"
GIT_SYNC_LINK = "live"
"""In the folder that git-sync has for a repository: the link to the files of the commit that is live."""
HOME_DIR = "/opt/airflow/home"
"""Not the image's own home: official images keep their packages in that one."""

ENVIRONMENT_MAP = "airflow-environment"
SETTINGS_MAP = "airflow-local-settings"
SCRIPTS_MAP = "airstrip-scripts"
DAGS_MAP = "airstrip-dags"
TEMPLATE_MAP = "task-pod-template"
PROJECTS_MAP = "airstrip-projects"
GIT_MAP = "airstrip-git"
VOLUMES_MAP = "airstrip-volumes"

DATABASE_SECRET = "airflow-database"
DATABASE_URL_SECRET = "airflow-database-url"
"""Of a database that is there, by its contents' checksum; made from a reference, not generated."""
URL_KEY = "sql-alchemy-conn"
KEYS_SECRET = "airflow-keys"
ADMIN_SECRET = "airflow-admin"
CLI_SECRET = "airflow-cli"
GIT_SECRET = "airflow-git"
"""In both namespaces, by its contents' checksum; made from references, not generated."""
SECRETS = (DATABASE_SECRET, KEYS_SECRET, ADMIN_SECRET, CLI_SECRET)

DATABASE_CLAIM = "data-postgresql-0"
"""As Kubernetes names what a StatefulSet's template of claims makes for its first pod."""
DATABASE_USER = "airflow"
DATABASE_NAME = "airflow"


def pods_account(name: str) -> str:
    """The service account of tasks that use the Kubernetes API."""
    return f"{name}-pods"


UNKNOWN_NAME = "known-after-up"
"""In place of a hash that needs the deployment's keys, which `up` makes: an unsalted one would tell what it is of."""
