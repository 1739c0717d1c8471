"""Airflow's settings as environment variables; secrets come to each component by name (process.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from airstrip.manifests.git import git_bundles, git_settings
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import (
    AIRFLOW_HOME,
    API_PORT,
    API_SERVER,
    BUILT_IN_DAGS_DIR,
    DAGS_DIR,
    HOME_DIR,
    LOGS_DIR,
    SETTINGS_DIR,
    TEMPLATE_DIR,
    TEMPLATE_FILE,
    pods_account,
)
from airstrip.spec import Dags, Spec
from airstrip_pods.conventions import DAGS_CLAIM_VARIABLE, DAGS_VERSIONS_CLAIM_VARIABLE

PUSHED_CLASS = "airstrip_pushed_dags.PushedDagBundle"
"""Of files/pushed."""
PARALLELISM: Mapping[str, int] = {"kubernetes": 32, "local": 8}
"""How many tasks each scheduler lets be at work at once, by executor, where the file does not say."""
# How soon a saved file is seen, but for the parsing.
_DAGS_REFRESH_SECONDS = 5
# Its pods roll when a built-in file changes, or one of the image; nobody else can change one.
_FIXED_REFRESH_SECONDS = 300
# Sections: the database's own, and the accounts'.
_OF_MIGRATION = ("database", "fab")
# Pods that cannot start: the task fails with the reason instead of waiting for the queue's timeout.
_FATAL_REASONS = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImageInspectError",
    "InvalidImageName",
)


def variables(settings: Mapping[str, str]) -> list[Object]:
    """Settings as a container's `env`; Kubernetes would take `$(NAME)` in a value for another variable's."""
    return [{"name": name, "value": value.replace("$", "$$")} for name, value in sorted(settings.items())]


def base_path(inputs: Inputs) -> str:
    """The path below which Airflow answers: empty, or begins with a slash and ends without one."""
    return urlsplit(inputs.platform.base_url).path.rstrip("/")


def execution_api_url(inputs: Inputs) -> str:
    """As task pods reach it, from whichever namespace."""
    return f"http://{API_SERVER}.{inputs.control}.svc:{API_PORT}{base_path(inputs)}/execution/"


def dag_bundles(spec: Spec) -> str:
    """The user's, from a folder, an image or git, and the built-in one."""
    users = git_bundles(spec) or [_users_bundle(spec)]
    built_in = _local_bundle("airstrip", BUILT_IN_DAGS_DIR, _FIXED_REFRESH_SECONDS)
    return json.dumps([*users, built_in])


def _users_bundle(spec: Spec) -> dict[str, object]:
    """What was pushed has a version: a task runs the files that its run began with. See files/pushed/."""
    refresh = _FIXED_REFRESH_SECONDS if spec.dags.in_image else _DAGS_REFRESH_SECONDS
    found = _local_bundle("main", DAGS_DIR, refresh)
    return {**found, "classpath": PUSHED_CLASS} if spec.dags.pushed else found


def _local_bundle(name: str, path: str, refresh_interval: int) -> dict[str, object]:
    classpath = "airflow.dag_processing.bundles.local.LocalDagBundle"
    return {"name": name, "classpath": classpath, "kwargs": {"path": path, "refresh_interval": refresh_interval}}


def user_settings(inputs: Inputs) -> dict[str, str]:
    """What the file says, after whatever stands here: none of these names is Airstrip's own."""
    return inputs.spec.airflow.variables


def shared_settings(inputs: Inputs) -> dict[str, str]:
    """What the control plane and the task pods must agree on. No secret."""
    return {
        "AIRFLOW_CONFIG": f"{SETTINGS_DIR}/airflow.cfg",
        "AIRFLOW_HOME": AIRFLOW_HOME,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": execution_api_url(inputs),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": dag_bundles(inputs.spec),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": LOGS_DIR,
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # Read by our local settings.
        "AIRSTRIP_AIRFLOW_IMAGE": inputs.images.airflow,
        # Read by DAGs, through the package airstrip-pods.
        **_claim_of_dags(inputs),
        **({"AIRSTRIP_PODS_SERVICE_ACCOUNT": pods_account(inputs.spec.name)} if inputs.tasks_have_pods else {}),
        "HOME": HOME_DIR,
        "PYTHONPATH": SETTINGS_DIR,
        **git_settings(inputs.spec.dags.cloned),
    }


def _claim_of_dags(inputs: Inputs) -> dict[str, str]:
    """What pods that tasks make can mount: of clones, and in the image, there is no volume.

    Where tasks have no pods nobody makes others.
    """
    dags = inputs.spec.dags
    if not inputs.tasks_have_pods or dags.cloned or "dags" not in dags.volumes:
        return {}
    has_versions = dags.pushed or dags.synced
    return {DAGS_VERSIONS_CLAIM_VARIABLE if has_versions else DAGS_CLAIM_VARIABLE: dags.claim}


def control_settings(inputs: Inputs) -> dict[str, str]:
    """The environment of the control plane's processes, without secrets."""
    return {
        **shared_settings(inputs),
        **_api_settings(inputs),
        **(_executor_settings(inputs) if inputs.tasks_have_pods else _local_executor_settings()),
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": str(_DAGS_REFRESH_SECONDS),
        # Of files that did not change; one that did is parsed at once.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        # By default a DAG that was saved a moment ago and is saved again is not taken for half a minute.
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
        # What files print and why they fail shows in the container's log, which is rotated.
        "AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET": "stdout",
        # Three lines at each look for new files.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow.dag_processing.manager.DagFileProcessorManager=WARNING",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "True",
        # libpq's own. A database's new pod has a new address: without it, who just looked up the old one waits
        # for minutes there, and a scheduler schedules nothing.
        "PGCONNECT_TIMEOUT": "10",
        **user_settings(inputs),
    }


def _api_settings(inputs: Inputs) -> dict[str, str]:
    return {
        "AIRFLOW__API__BASE_URL": inputs.platform.base_url,
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API__PORT": str(API_PORT),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        # Longer than a task may be queued: its token must be good when its pod starts.
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "1200",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "600",
    }


def _executor_settings(inputs: Inputs) -> dict[str, str]:
    prefix = "AIRFLOW__KUBERNETES_EXECUTOR__"
    return {
        "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM["kubernetes"]),
        f"{prefix}ASYNC_POD_CREATION": "True",
        # A pod that could not start would stay, try again, and run a task that has failed already.
        f"{prefix}DELETE_WORKER_PODS_ON_FAILURE": "True",
        f"{prefix}NAMESPACE": inputs.workers,
        **(_namespaces(prefix, inputs.task_namespaces) if len(inputs.task_namespaces) > 1 else {}),
        f"{prefix}POD_TEMPLATE_FILE": f"{TEMPLATE_DIR}/{TEMPLATE_FILE}",
        # By default one refusal for a quota, or by a busy API server, fails the task.
        f"{prefix}TASK_PUBLISH_MAX_RETRIES": "5",
        # By default one pod in each round of the scheduler.
        f"{prefix}WORKER_PODS_CREATION_BATCH_SIZE": "16",
        f"{prefix}WORKER_POD_PENDING_FATAL_CONTAINER_STATE_REASONS": ",".join(_FATAL_REASONS),
    }


def _namespaces(prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    """Those that the executor watches. Without the list, it would ask for the pods of all there are."""
    return {f"{prefix}MULTI_NAMESPACE_MODE": "True", f"{prefix}MULTI_NAMESPACE_MODE_NAMESPACE_LIST": ",".join(names)}


def _local_executor_settings() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # All in one pod, whose memory they share.
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM["local"]),
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }


def migration_settings(inputs: Inputs) -> dict[str, str]:
    """The control plane's, but for the addresses that it and its tasks are reached at, and where DAGs are.

    Of the file's settings those that a migration can meet: others would only make it run again.
    """
    config = inputs.spec.airflow.config
    decisive = {section: config[section] for section in _OF_MIGRATION if section in config}
    airflow = inputs.spec.airflow.model_copy(update={"config": decisive})
    inputs = replace(inputs, spec=inputs.spec.model_copy(update={"airflow": airflow, "dags": Dags()}))
    others = ("AIRFLOW__API__BASE_URL", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL", DAGS_CLAIM_VARIABLE)
    return {name: value for name, value in control_settings(inputs).items() if name not in others}


def task_settings(inputs: Inputs) -> dict[str, str]:
    """The whole environment of a task pod: no database, no key; the token comes with the workload."""
    return {
        **shared_settings(inputs),
        # The executor of the scheduler has no meaning in a task's pod.
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # By default a pod can stay for 5 s after its task ended.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        **user_settings(inputs),
    }
